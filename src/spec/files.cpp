#include "spec/files.hpp"

#include <format>
#include <fstream>
#include <ios>

#include "core/text.hpp"

namespace edgelab::spec {

Result<std::string> read_whole_file(std::filesystem::path const& file, std::size_t max_bytes) {
  std::error_code problem;
  auto const status = std::filesystem::status(file, problem);
  if (status.type() == std::filesystem::file_type::not_found) return fail("no such file");
  if (problem) return fail("cannot be read: " + problem.message());
  if (status.type() == std::filesystem::file_type::directory) return fail("this is a folder: expected a file");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return fail("cannot be read: permission denied, or the disk failed");
  // Not by the file's size, so that pipes (`edgelab check <(...)`) can be read as well.
  std::string text;
  std::string chunk(std::size_t{1} << 20U, '\0');
  while (stream) {
    stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    text.append(chunk, 0, static_cast<std::size_t>(stream.gcount()));
    if (text.size() > max_bytes) {
      return fail(std::format("larger than {}", format_bytes(static_cast<double>(max_bytes))));
    }
  }
  if (stream.bad()) return fail("cannot be read to its end");
  return text;
}

}  // namespace edgelab::spec
