// Values of flags: what is accepted, and the one way each is written from then on.
#include <yyjson.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <format>
#include <locale>
#include <memory>
#include <sstream>

#include "core/text.hpp"
#include "spec/catalogue.hpp"
#include "spec/numbers.hpp"

namespace edgelab::spec {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

// YAML's other words for on and off.
std::optional<std::string> as_on_off(std::string_view value) {
  auto const word = lower(value);
  if (word == "on" || word == "true" || word == "yes") return "on";
  if (word == "off" || word == "false" || word == "no") return "off";
  return std::nullopt;
}

std::vector<std::string> owned(std::vector<std::string_view> const& names) { return {names.begin(), names.end()}; }

std::unexpected<Error> refuse(FlagDef const& flag, std::string_view value) {
  auto const near = suggestion(value, owned(flag.choices));
  return fail(std::format("'{}' is not a value of {}: expected {}{}", value, flag.name, expected_value(flag), near));
}

struct FreeDocument {
  void operator()(yyjson_doc* document) const { yyjson_doc_free(document); }
  void operator()(yyjson_mut_doc* document) const { yyjson_mut_doc_free(document); }
};

Result<std::string> canonical_list(FlagDef const& flag, std::string_view value) {
  std::vector<std::string> items;
  if (trim(value).starts_with('[')) {
    std::unique_ptr<yyjson_doc, FreeDocument> const document{yyjson_read(value.data(), value.size(), 0)};
    auto* const root = document ? yyjson_doc_get_root(document.get()) : nullptr;
    if (!yyjson_is_arr(root)) return refuse(flag, value);
    std::size_t index = 0;
    std::size_t count = 0;
    yyjson_val* item = nullptr;
    yyjson_arr_foreach(root, index, count, item) {
      if (!yyjson_is_str(item)) return refuse(flag, value);
      items.emplace_back(yyjson_get_str(item), yyjson_get_len(item));
    }
  } else {
    items.emplace_back(value);
  }
  return json_list(items);
}

}  // namespace

std::string json_list(std::span<std::string const> items) {
  std::unique_ptr<yyjson_mut_doc, FreeDocument> const document{yyjson_mut_doc_new(nullptr)};
  auto* const array = yyjson_mut_arr(document.get());
  yyjson_mut_doc_set_root(document.get(), array);
  for (auto const& item : items) yyjson_mut_arr_add_strn(document.get(), array, item.data(), item.size());
  std::size_t length = 0;
  std::unique_ptr<char, decltype(&std::free)> const text{yyjson_mut_write(document.get(), 0, &length), &std::free};
  return text ? std::string(text.get(), length) : std::string("[]");
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// Not from_chars: the C++ libraries of phones' compilers lack it for floating point. A stream in the classic
// locale reads the same everywhere.
std::optional<double> parse_real(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  std::istringstream stream{std::string(text)};
  stream.imbue(std::locale::classic());
  double value = 0.0;
  stream >> value;
  if (stream.fail() || stream.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
  return value;
}

std::string expected_value(FlagDef const& flag) {
  switch (flag.type) {
    case FlagType::on_off: return "on or off";
    case FlagType::choice: return "one of " + join(owned(flag.choices), ", ");
    case FlagType::integer: {
      auto text = std::format("a whole number from {:.0f} to {:.0f}", flag.minimum, flag.maximum);
      for (auto const word : flag.choices) text += std::format(", or {}", word);
      return text;
    }
    case FlagType::real: return std::format("a number from {} to {}", flag.minimum, flag.maximum);
    case FlagType::list: return "a list of texts";
    case FlagType::text: break;
  }
  return flag.form.empty() ? "a text" : std::string(flag.form);
}

Result<std::string> canonical_value(FlagDef const& flag, std::string_view raw) {
  auto const value = trim(raw);
  switch (flag.type) {
    case FlagType::on_off:
      if (auto const word = as_on_off(value)) return *word;
      return refuse(flag, value);
    case FlagType::choice: {
      auto const word = lower(value);
      if (std::ranges::contains(flag.choices, std::string_view(word))) return word;
      // YAML editors turn on into true; none of the choices can be meant by it but on.
      if (auto const on_off = as_on_off(value); on_off && std::ranges::contains(flag.choices, std::string_view(*on_off))) {
        return *on_off;
      }
      return refuse(flag, value);
    }
    case FlagType::integer: {
      auto const word = lower(value);
      if (std::ranges::contains(flag.choices, std::string_view(word))) return word;
      auto const number = parse_integer(value);
      if (!number || static_cast<double>(*number) < flag.minimum || static_cast<double>(*number) > flag.maximum) {
        return refuse(flag, value);
      }
      return std::to_string(*number);
    }
    case FlagType::real: {
      auto const number = parse_real(value);
      if (!number || !(*number >= flag.minimum && *number <= flag.maximum)) return refuse(flag, value);
      return std::format("{}", *number == 0.0 ? 0.0 : *number);  // -0 is 0
    }
    case FlagType::list: return canonical_list(flag, value);
    case FlagType::text: break;
  }
  if (value.empty() || (flag.well_formed != nullptr && !flag.well_formed(value))) return refuse(flag, value);
  return std::string(value);
}

}  // namespace edgelab::spec
