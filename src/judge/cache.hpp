// What judges said, by the hash of what they were asked: one small file each, so that runs beside one another share
// them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace edgelab::judge {

// EDGELAB_CACHE, else edge-llm-lab in XDG_CACHE_HOME or ~/.cache; in it the folder `judge`. Empty where there is no
// home.
[[nodiscard]] std::filesystem::path cache_folder();

class Cache {
 public:
  // An empty folder: nothing is kept.
  explicit Cache(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] std::optional<std::string> find(std::string const& hash) const;
  // Where it cannot be written nothing is lost but the next run's time.
  void keep(std::string const& hash, std::string const& text) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace edgelab::judge
