#include <iterator>
#include <numeric>

#include "wire/wire.hpp"
#include "wire/writer.hpp"

namespace edgelab::wire {

namespace {

// Lines that are filled column by column. A line that is full is closed, and the column that was being written
// goes on in the next.
class Lines {
 public:
  // `head` opens a message up to its first column; `tail` closes it.
  Lines(std::string head, std::string tail, std::size_t limit)
      : head_(std::move(head)), tail_(std::move(tail)), limit_(limit) {}

  // Columns of a table within the message; "" for those of the message itself.
  void table(std::string_view name) {
    close_table();
    table_ = name;
  }

  template <typename T>
  void column(std::string_view name, std::vector<T> const& values) {
    column_ = name;
    for (auto const& value : values) {
      item_.clear();
      write(item_, value);
      if constexpr (std::same_as<T, std::string>) shorten(value);
      if (!line_.empty() && line_.size() + item_.size() + overhead() > limit_) finish_line();
      open();
      line_ += item_;
    }
    close_column();
  }

  [[nodiscard]] std::vector<std::string> finish() {
    close_table();
    if (line_.empty() && done_.empty()) line_ = head_;
    if (!line_.empty()) finish_line();
    return std::move(done_);
  }

 private:
  // What a value still costs besides itself: names, brackets, the message's end.
  [[nodiscard]] std::size_t overhead() const {
    return (line_.empty() ? head_.size() : 0) + table_.size() + column_.size() + tail_.size() + 16;
  }

  // A text that would not fit even into a line of its own.
  void shorten(std::string const& value) {
    auto const room = limit_ - head_.size() - table_.size() - column_.size() - tail_.size() - 16;
    auto bytes = value.size();
    while (item_.size() > room) {
      bytes = bytes * room / (item_.size() + 1);
      while (bytes > 0 && (static_cast<unsigned char>(value[bytes]) & 0xC0U) == 0x80U) --bytes;
      item_.clear();
      write_text(item_, std::string_view(value).substr(0, bytes));
    }
  }

  void open() {
    if (in_column_) {
      line_ += ',';
      return;
    }
    if (line_.empty())
      line_ = head_;
    else if (comma_)
      line_ += ',';
    if (!table_.empty() && !in_table_) {
      write_text(line_, table_);
      line_ += ":{";
      in_table_ = true;
    }
    write_text(line_, column_);
    line_ += ":[";
    in_column_ = true;
    comma_ = false;
  }

  void close_column() {
    if (in_column_) line_ += ']';
    comma_ = comma_ || in_column_;
    in_column_ = false;
  }

  void close_table() {
    close_column();
    if (in_table_) line_ += '}';
    in_table_ = false;
  }

  void finish_line() {
    close_table();
    line_ += tail_;
    done_.push_back(std::move(line_));
    line_.clear();
    comma_ = false;
  }

  std::string head_;
  std::string tail_;
  std::size_t limit_;
  std::string_view table_;
  std::string_view column_;
  std::string item_;
  std::string line_;
  std::vector<std::string> done_;
  bool in_table_ = false;
  bool in_column_ = false;
  bool comma_ = false;   // something stands before at this level
};

template <typename T>
void write_table(Lines& lines, std::string_view name, T const& table) {
  lines.table(name);
  std::apply([&](auto const&... field) { (lines.column(field.name, table.*(field.member)), ...); },
             Described<T>::fields);
}

template <typename T>
void append_column(std::vector<T>& whole, std::vector<T>& part) {
  if (whole.empty())
    whole = std::move(part);
  else
    whole.insert(whole.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
}

template <typename T>
void append_table(T& whole, T& part) {
  std::apply([&](auto const&... field) { (append_column(whole.*(field.member), part.*(field.member)), ...); },
             Described<T>::fields);
}

template <typename T>
Result<std::size_t> rows(std::string_view name, T const& table) {
  std::optional<std::size_t> count;
  std::string wrong;
  auto const one = [&](auto const& field) {
    auto const size = (table.*(field.member)).size();
    if (field.optional && size == 0) return;
    if (!count) count = size;
    if (size != *count && wrong.empty()) {
      wrong = std::string(name) + "." + std::string(field.name) + " has " + std::to_string(size) +
              " rows where the columns before it have " + std::to_string(*count);
    }
  };
  std::apply([&](auto const&... field) { (one(field), ...); }, Described<T>::fields);
  if (!wrong.empty()) return fail(std::move(wrong));
  return count.value_or(0);
}

}  // namespace

std::vector<std::string> encode_timeline(std::int64_t id, Timeline const& timeline, std::size_t limit) {
  Lines lines("{\"type\":\"timeline\",\"id\":" + std::to_string(id) + ",\"columns\":{", "}}\n", limit);
  write_table(lines, "requests", timeline.requests);
  write_table(lines, "emissions", timeline.emissions);
  write_table(lines, "steps", timeline.steps);
  lines.table("");
  lines.column("token_ids", timeline.token_ids);
  return lines.finish();
}

std::vector<std::string> encode_scored(protocol::Scored const& scored, std::size_t limit) {
  std::string noise;
  if (scored.noise) {
    noise = "\"noise\":";
    write(noise, *scored.noise);
    noise += ',';
  }
  auto const head = "{\"type\":\"scored\",\"id\":" + std::to_string(scored.id) + "," + noise + "\"more\":";
  constexpr std::string_view last = "false";
  Lines lines(head + "true,", "}\n", limit - last.size());
  lines.column("tokens", scored.tokens);
  lines.column("logprobs", scored.logprobs);
  lines.column("reference_logprobs", scored.reference_logprobs);
  lines.column("kld", scored.kld);
  lines.column("agree", scored.agree);
  lines.column("leads", scored.leads);
  auto done = lines.finish();
  bool const empty = done.size() == 1 && done.back().ends_with(":true,}\n");
  done.back().replace(head.size(), empty ? 5 : 4, last);
  return done;
}

void append(Timeline& whole, Timeline&& part) {
  append_table(whole.requests, part.requests);
  append_table(whole.emissions, part.emissions);
  append_table(whole.steps, part.steps);
  append_column(whole.token_ids, part.token_ids);
}

Result<void> check(Timeline const& timeline) {
  EDGELAB_CHECK(rows("requests", timeline.requests));
  EDGELAB_TRY(emissions, rows("emissions", timeline.emissions));
  EDGELAB_CHECK(rows("steps", timeline.steps));
  std::int64_t expected = 0;
  for (auto const count : timeline.requests.emissions) {
    if (count < 0) return fail("requests.emissions has " + std::to_string(count));
    expected += count;
  }
  if (std::cmp_not_equal(expected, emissions)) {
    return fail("requests.emissions adds up to " + std::to_string(expected) + ", but there are " +
                std::to_string(emissions) + " emissions");
  }
  auto const tokens =
      std::accumulate(timeline.emissions.tokens.begin(), timeline.emissions.tokens.end(), std::int64_t{0});
  if (!timeline.token_ids.empty() && std::cmp_not_equal(tokens, timeline.token_ids.size())) {
    return fail("emissions.tokens adds up to " + std::to_string(tokens) + ", but there are " +
                std::to_string(timeline.token_ids.size()) + " token_ids");
  }
  return {};
}

}  // namespace edgelab::wire
