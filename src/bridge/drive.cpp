#include "bridge/drive.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <thread>

#include "serve/arrivals.hpp"

namespace edgelab::bridge {

namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 20ms;         // at whether it is still wanted
constexpr auto progress_every = 200ms;

class Driver {
 public:
  Driver(protocol::Run const& run, std::span<wire::ArrivalRule const> rules, Trial& trial, Stop const& stop,
         Listeners const& listeners)
      : run_(run), trial_(trial), stop_(stop), listeners_(listeners), arrivals_(rules, run.concurrency),
        in_flight_(workers_for(run)) {}

  Outcome<Recording> run() {
    note_cancels();
    std::vector<std::jthread> workers;
    Over const over{*this};      // before the workers are waited for, also where not all of them can be had
    for (std::size_t i = 0; i < in_flight_.size(); ++i) workers.emplace_back([this, i] { work(i); });
    recording_.start = Clock::now();
    Outcome<void> outcome;
    for (pass_ = 0; outcome; ++pass_) {
      outcome = one_pass();
      if (outcome && enough()) break;
    }
    if (!outcome) return std::unexpected(outcome.error());
    return std::move(recording_);
  }

 private:
  // Sends the workers home.
  struct Over {
    Driver& driver;
    ~Over() {
      {
        std::scoped_lock const lock(driver.mutex_);
        driver.over_ = true;
      }
      driver.changed_.notify_all();
    }
  };

  // A request in flight, by the worker that asks for it.
  class Request final : public Asking {
   public:
    Request(Driver& driver, std::string const& id) : driver_(driver), id_(id) {}
    void heard(Clock::time_point at, std::int32_t tokens) override {
      answer.emissions.push_back({at, tokens});
      driver_.heard(id_, tokens);
    }
    [[nodiscard]] bool cancelled() const override { return cancelled_.load(); }
    void cancel() { cancelled_.store(true); }
    [[nodiscard]] std::string const& id() const { return id_; }

   private:
    Driver& driver_;
    std::string const& id_;
    std::atomic<bool> cancelled_ = false;
  };

  void heard(std::string const& id, std::int32_t tokens) {
    tokens_ += tokens;
    if (!listeners_.on_emission) return;
    std::scoped_lock const lock(talking_);
    listeners_.on_emission(id, tokens);
  }

  void progress() {
    if (auto const now = Clock::now(); listeners_.on_progress && now - reported_ >= progress_every) {
      reported_ = now;
      std::scoped_lock const lock(talking_);
      listeners_.on_progress(done_.load(), tokens_.load());
    }
  }

  // Everybody who has nothing to do waits here; one of them for the next arrival, the others for a word from it.
  void work(std::size_t worker) {
    std::unique_lock lock(mutex_);
    while (!over_) {
      if (auto const arrival = pass_runs_ ? arrivals_.take(Clock::now()) : std::nullopt) {
        changed_.notify_one();
        serve(*arrival, worker, lock);
        continue;
      }
      auto const next = pass_runs_ && !somebody_waits_ ? arrivals_.next() : std::nullopt;
      if (!next) {
        changed_.wait(lock);
        continue;
      }
      somebody_waits_ = true;
      changed_.wait_until(lock, *next);
      somebody_waits_ = false;
    }
  }

  void serve(serve::Arrival const& arrival, std::size_t worker, std::unique_lock<std::mutex>& lock) {
    auto const row = recording_.requests.size();
    auto const& id = run_.requests[arrival.request].id;
    recording_.requests.push_back({.id = id, .pass = arrival.pass, .arrival = arrival.at, .end = {}, .answer = {}});
    Request request(*this, id);
    if (cancelled_.contains(id) || stopped_) request.cancel();
    in_flight_[worker] = &request;
    lock.unlock();
    if (!request.cancelled()) trial_.ask(arrival.request, worker, request);
    auto const end = Clock::now();
    lock.lock();
    in_flight_[worker] = nullptr;
    auto& record = recording_.requests[row];
    record.answer = std::move(request.answer);
    record.end = end;
    last_end_ = std::max(last_end_, end);
    if (request.cancelled()) record.answer.finish = "cancelled";
    failed_ = failed_ || record.answer.finish.starts_with("error");
    ++done_;
    arrivals_.ended(arrival.request, Clock::now());
    if (arrivals_.pass_over()) pass_ended_.notify_one();
    else changed_.notify_one();
  }

  Outcome<void> one_pass() {
    if (auto cold = trial_.begin_pass(); !cold) return cold;
    std::unique_lock lock(mutex_);
    tokens_before_ = tokens_.load();
    first_row_ = recording_.requests.size();
    auto const now = Clock::now();
    if (pass_ == 0) recording_.start = now;
    arrivals_.begin_pass(now);
    pass_runs_ = true;
    changed_.notify_all();
    // Requests that are to arrive later are not waited for by somebody who wants none of them.
    auto const over = [this] { return arrivals_.pass_over() || (stopped_ && nothing_in_flight()); };
    while (!pass_ended_.wait_for(lock, look_every, over)) {
      look_for_cancels();
      lock.unlock();
      progress();
      lock.lock();
    }
    pass_runs_ = false;
    if (stopped_ || stop_.requested()) return refuse("cancelled", "cancelled on request");
    return {};
  }

  // These two with the lock held.
  [[nodiscard]] bool nothing_in_flight() const {
    return std::ranges::all_of(in_flight_, [](Request const* one) { return one == nullptr; });
  }

  void look_for_cancels() {
    stopped_ = stopped_ || stop_.requested();
    note_cancels();
    if (!stopped_ && cancelled_.empty()) return;
    for (std::size_t i = 0; i < in_flight_.size(); ++i) {
      if (in_flight_[i] == nullptr || (!stopped_ && !cancelled_.contains(in_flight_[i]->id()))) continue;
      in_flight_[i]->cancel();
      trial_.interrupt(i);
    }
  }

  void note_cancels() {
    if (auto const count = stop_.request_cancels(); count != cancels_seen_) {
      cancels_seen_ = count;
      for (auto& id : stop_.cancelled_requests()) cancelled_.insert(std::move(id));
    }
  }

  [[nodiscard]] bool enough() const {
    bool const all_cancelled = std::ranges::all_of(
        recording_.requests.begin() + static_cast<std::ptrdiff_t>(first_row_), recording_.requests.end(),
        [](RequestRecord const& one) { return one.answer.finish == "cancelled"; });
    if (failed_ || all_cancelled) return true;
    bool const counted = tokens_.load() > tokens_before_;     // else more passes would bring none either
    return to_ns(last_end_ - recording_.start) >= static_cast<std::int64_t>(run_.min_s * 1e9) &&
           (tokens_.load() >= run_.min_tokens || !counted);
  }

  protocol::Run const& run_;
  Trial& trial_;
  Stop const& stop_;
  Listeners const& listeners_;

  std::mutex mutex_;                     // of all below up to `talking_`
  std::condition_variable changed_;
  std::condition_variable pass_ended_;
  serve::Arrivals arrivals_;
  std::vector<Request*> in_flight_;      // by worker
  Recording recording_;
  std::set<std::string> cancelled_;      // requests, for this pass and the next
  std::int64_t cancels_seen_ = 0;
  std::size_t first_row_ = 0;            // of this pass
  Clock::time_point last_end_;
  std::int32_t pass_ = 0;
  bool pass_runs_ = false;
  bool somebody_waits_ = false;
  bool stopped_ = false;
  bool failed_ = false;
  bool over_ = false;

  std::mutex talking_;
  std::atomic<std::int64_t> tokens_ = 0;
  std::atomic<std::int32_t> done_ = 0;
  std::int64_t tokens_before_ = 0;
  Clock::time_point reported_ = Clock::now();
};

}  // namespace

std::size_t workers_for(protocol::Run const& run) {
  bool const open_loop = !run.requests.empty() && run.requests.front().arrival_us.has_value();
  auto const wanted = open_loop ? run.requests.size() : static_cast<std::size_t>(std::max(run.concurrency, 1));
  return std::clamp<std::size_t>(std::min(wanted, run.requests.size()), 1, most_workers);
}

Outcome<Recording> drive(protocol::Run const& run, Trial& trial, Stop const& stop, Listeners const& listeners) {
  auto const rules = wire::arrival_rules(run.requests);
  if (!rules) return refuse("bad-request", rules.error().describe());
  return Driver(run, *rules, trial, stop, listeners).run();
}

}  // namespace edgelab::bridge
