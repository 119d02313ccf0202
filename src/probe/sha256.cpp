#include <boost/hash2/sha2.hpp>

#include <array>
#include <fstream>
#include <string>
#include <vector>

#include "probe/environment.hpp"

namespace edgelab::probe {

Result<std::string> sha256_of(std::filesystem::path const& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(file.string() + ": cannot be read");
  boost::hash2::sha2_256 hash;
  std::vector<char> piece(1 << 20);
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
    hash.update(piece.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) return fail(file.string() + ": reading stopped with an error");
  std::string hex;
  for (unsigned char const byte : hash.result()) {
    constexpr auto digits = "0123456789abcdef";
    hex += digits[byte >> 4U];
    hex += digits[byte & 15U];
  }
  return hex;
}

}  // namespace edgelab::probe
