#include "app/audit_file.hpp"

#include <cstdlib>
#include <string>
#include <system_error>

#include "runner/audit.hpp"
#include "runner/files.hpp"

namespace edgelab::app {

namespace {

namespace fs = std::filesystem;

std::string variable(char const* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program changes the environment
  char const* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<fs::path> audit_file() {
  if (auto const named = variable("EDGELAB_AUDIT"); !named.empty()) return named;
  // A relative path is to be ignored, says the XDG specification.
  fs::path const below = fs::path("edge-llm-lab") / "audit.json";
  if (fs::path const state = variable("XDG_STATE_HOME"); state.is_absolute()) return state / below;
  if (auto const home = variable("HOME"); !home.empty()) return fs::path(home) / ".local" / "state" / below;
  return fail("no place to keep an audit: none of EDGELAB_AUDIT, XDG_STATE_HOME and HOME is set");
}

Result<void> write_audit(Audit const& audit, fs::path const& file) {
  std::error_code error;
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), error);
  if (error) return fail(file.parent_path().string() + ": cannot be made a folder: " + error.message());
  return runner::write_whole(file, runner::audit_to_json(audit));
}

Result<void> keep_current_audit(store::Store& store) {
  auto const file = audit_file();
  std::error_code error;
  if (!file || !fs::exists(*file, error)) return store.keep_audit({});
  EDGELAB_TRY(text, runner::read_whole(*file));
  if (auto const audit = runner::audit_from_json(text); !audit)
    return fail(file->string() + ": " + audit.error().describe());
  return store.keep_audit(text);
}

}  // namespace edgelab::app
