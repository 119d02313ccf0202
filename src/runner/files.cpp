#include "runner/files.hpp"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <system_error>

namespace edgelab::runner {

Result<void> write_whole(std::filesystem::path const& file, std::string_view text) {
  // The process's number keeps two programs that write the same file out of each other's way.
  auto beside = file;
  beside += "." + std::to_string(getpid()) + ".part";
  {
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    if (!out) {
      std::error_code ignored;
      std::filesystem::remove(beside, ignored);
      return fail(file.string() + ": cannot be written");
    }
  }
  std::error_code error;
  std::filesystem::rename(beside, file, error);
  if (error) return fail(file.string() + ": cannot be written: " + error.message());
  return {};
}

Result<std::string> read_whole(std::filesystem::path const& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(file.string() + ": cannot be read");
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace edgelab::runner
