// Models through a real object store: once, and resumed where they were interrupted.
#include "fleet/models.hpp"

#include "fleet/cache.hpp"
#include "fleet/model_store.hpp"
#include "fleet/names.hpp"
#include "hub_fixture.hpp"
#include "probe/environment.hpp"

namespace edgelab::fleet {
namespace {

using namespace testing;

constexpr std::int64_t chunks = 9;
constexpr auto bytes = (chunks - 1) * static_cast<std::int64_t>(chunk_bytes) + 1'000;

class ModelsTest : public HubTest {
 protected:
  std::filesystem::path file;
  std::string digest;
  std::optional<Cache> cache;

  void SetUp() override {
    HubTest::SetUp();
    file = folder.path / "model.gguf";
    std::string content;
    for (std::int64_t i = 0; i < bytes; ++i) content += static_cast<char>((i * 7919 + i / 251) & 0xff);
    std::ofstream(file, std::ios::binary) << content;
    digest = probe::sha256_of(file).value();
    cache = Cache::in(folder.path / "cache").value();
  }

  // Ends a transfer once so many bytes are there.
  static Transfer until(std::int64_t there) {
    return {.keep_on = [there](std::int64_t now) { return now < there; }};
  }
};

TEST_F(ModelsTest, TravelWholeAndOnce) {
  auto const one = bus();
  auto const sent = offer_model(*one, digest, file, {});
  ASSERT_TRUE(sent) << sent.error().describe();
  EXPECT_EQ(sent->bytes, bytes);
  EXPECT_EQ(sent->chunks, chunks);
  EXPECT_EQ(offer_model(*one, digest, file, {}).value().chunks, 0);
  auto const came = fetch_model(*bus(), digest, bytes, cache->part_of(digest), {});
  ASSERT_TRUE(came) << came.error().describe();
  EXPECT_EQ(came->bytes, bytes);
  EXPECT_TRUE(cache->admit(digest));
}

TEST_F(ModelsTest, AreTakenUpWhereTheyWereInterruptedOnBothWays) {
  auto const one = bus();
  constexpr auto three = 3 * static_cast<std::int64_t>(chunk_bytes);
  EXPECT_FALSE(offer_model(*one, digest, file, until(three)));
  EXPECT_EQ(fetch_model(*one, digest, bytes, cache->part_of(digest), {}).error().message,
            "the hub's store has no model " + model_name(digest));
  EXPECT_EQ(offer_model(*bus(), digest, file, {}).value().chunks, chunks - 3);

  EXPECT_FALSE(fetch_model(*one, digest, bytes, cache->part_of(digest), until(three)));
  std::ofstream(cache->part_of(digest), std::ios::app) << "half a chunk that was written when the power went";
  int const port = hub->options().port;
  hub.reset();
  start_hub(port);
  auto const rest = fetch_model(*bus(), digest, bytes, cache->part_of(digest), {});
  ASSERT_TRUE(rest) << rest.error().describe();
  EXPECT_EQ(rest->chunks, chunks - 3);
  EXPECT_TRUE(cache->admit(digest)) << "the parts make the whole";
}

TEST_F(ModelsTest, BegunFromAnotherStoreAreFetchedAnew) {
  ASSERT_TRUE(offer_model(*bus(), digest, file, {}));
  constexpr auto eight = 8 * static_cast<std::int64_t>(chunk_bytes);
  EXPECT_FALSE(fetch_model(*bus(), digest, bytes, cache->part_of(digest), until(eight)));
  // Its sequences go on behind those of the part, or lie beyond all that this store has.
  std::ofstream(cache->part_of(digest).string() + ".at") << eight << " 1000\n";
  auto const second = HubServer::start({.token = token, .store = folder.path / "second", .tls = {}}).value();
  auto const other =
      Bus::connect({.url = second->url("127.0.0.1"), .token = token, .authority = {}}, "other", plenty).value();
  ASSERT_TRUE(offer_model(*other, digest, file, {}));
  auto const came = fetch_model(*other, digest, bytes, cache->part_of(digest), {});
  ASSERT_TRUE(came) << came.error().describe();
  EXPECT_EQ(came->chunks, chunks);
  EXPECT_TRUE(cache->admit(digest));
}

TEST_F(ModelsTest, WhosePartIsLongerThanTheyAreAreFetchedAnew) {
  auto const one = bus();
  ASSERT_TRUE(offer_model(*one, digest, file, {}));
  std::ofstream(cache->part_of(digest)) << std::string(static_cast<std::size_t>(bytes) + 1, 'x');
  std::ofstream(cache->part_of(digest).string() + ".at") << bytes + 1 << " 2\n";
  auto const came = fetch_model(*one, digest, bytes, cache->part_of(digest), {});
  ASSERT_TRUE(came) << came.error().describe();
  EXPECT_TRUE(cache->admit(digest));
}

TEST_F(ModelsTest, SurviveAHubThatIsRestartedMeanwhile) {
  auto const port = hub->options().port;
  std::atomic<bool> restarted = false;
  std::jthread restarting;
  auto const keep_on = [&](std::int64_t there) {
    if (there >= 2 * static_cast<std::int64_t>(chunk_bytes) && !restarted.exchange(true)) {
      hub.reset();
      start_hub(port);
    }
    return true;
  };
  auto const sent = offer_model(*bus(), digest, file, {.keep_on = keep_on});
  ASSERT_TRUE(sent) << sent.error().describe();
  EXPECT_EQ(sent->chunks, chunks);
  ASSERT_TRUE(fetch_model(*bus(), digest, bytes, cache->part_of(digest), {}));
  EXPECT_TRUE(cache->admit(digest));
}

TEST_F(ModelsTest, OfferedByTwoAtOnceAreStoredOnce) {
  std::atomic<std::int64_t> sent = 0;
  {
    std::vector<std::jthread> senders;
    for (int i = 0; i < 2; ++i)
      senders.emplace_back([&] {
        auto const moved = offer_model(*bus(), digest, file, {});
        EXPECT_TRUE(moved) << (moved ? "" : moved.error().describe());
        if (moved) sent += moved->chunks;
      });
  }
  EXPECT_EQ(sent, chunks);
  ASSERT_TRUE(fetch_model(*bus(), digest, bytes, cache->part_of(digest), {}));
  EXPECT_TRUE(cache->admit(digest));
}

TEST_F(ModelsTest, ThatAreNotWhatTheyAreCalledAreNotKept) {
  std::string const lie(64, 'a');
  auto const one = bus();
  ASSERT_TRUE(offer_model(*one, lie, file, {}));
  ASSERT_TRUE(fetch_model(*one, lie, bytes, cache->part_of(lie), {}));
  auto const admitted = cache->admit(lie);
  ASSERT_FALSE(admitted);
  EXPECT_TRUE(admitted.error().damaged);
  EXPECT_TRUE(admitted.error().describe().contains(digest));
  EXPECT_FALSE(std::filesystem::exists(cache->part_of(lie)));
}

TEST_F(ModelsTest, ThatAreLongerThanAnnouncedAreRefused) {
  auto const one = bus();
  ASSERT_TRUE(offer_model(*one, digest, file, {}));
  auto const refused = fetch_model(*one, digest, bytes - 1, cache->part_of(digest), {});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().describe().contains("were announced"));
  EXPECT_TRUE(refused.error().damaged);
}

// Each does something to an object that is right, or puts a wrong one in its place.
class Damage : public ModelsTest {
 protected:
  void repairs(std::int64_t expected_chunks) {
    auto const one = bus();
    auto const repaired = repair_model(*one, digest, file, {});
    ASSERT_TRUE(repaired) << repaired.error().describe();
    EXPECT_EQ(repaired->chunks, expected_chunks);
    EXPECT_EQ(repair_model(*one, digest, file, {}).value().chunks, 0) << "it is right now";
    auto const came = fetch_model(*one, digest, bytes, cache->part_of(digest), {});
    ASSERT_TRUE(came) << came.error().describe();
    EXPECT_TRUE(cache->admit(digest));
  }
  void put(std::string const& content) {
    auto const other = folder.path / "other.gguf";
    std::ofstream(other, std::ios::binary) << content;
    ASSERT_TRUE(offer_model(*bus(), digest, other, {}));
  }
  [[nodiscard]] std::string content() const {
    std::ifstream from(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
  }
};

TEST_F(Damage, OfNobodyIsLeftAlone) {
  ASSERT_TRUE(offer_model(*bus(), digest, file, {}));
  repairs(0);
}

TEST_F(Damage, OfAByteInTheLastChunkIsPutRight) {
  auto wrong = content();
  wrong.back() = static_cast<char>(wrong.back() + 1);
  put(wrong);
  ASSERT_TRUE(fetch_model(*bus(), digest, bytes, cache->part_of(digest), {}));
  EXPECT_FALSE(cache->admit(digest));
  repairs(chunks);
}

TEST_F(Damage, OfItsLengthIsPutRight) {
  put(content() + "more");
  repairs(chunks);
}

TEST_F(Damage, OfAChunkThatIsLostIsPutRight) {
  ASSERT_TRUE(offer_model(*bus(), digest, file, {}));
  auto const one = bus();
  auto store = ModelStore::on(*one).value();
  auto const there = store.chunks_of(digest);
  ASSERT_TRUE(there);
  ASSERT_TRUE(store.remove(digest, 0, there->last - 1));
  ASSERT_EQ(store.chunks_of(digest).value_or(ModelStore::Chunks{}).count, 1U);
  auto const came = fetch_model(*bus(), digest, bytes, cache->part_of(digest), {});
  ASSERT_FALSE(came);
  EXPECT_TRUE(came.error().damaged) << came.error().describe();
  repairs(chunks);
}

TEST_F(Damage, OfOneThatIsNotWholeYetIsPutRightToo) {
  std::ofstream(folder.path / "other.gguf", std::ios::binary) << std::string(static_cast<std::size_t>(bytes), 'x');
  EXPECT_FALSE(
      offer_model(*bus(), digest, folder.path / "other.gguf", until(2 * static_cast<std::int64_t>(chunk_bytes))));
  repairs(chunks);
}

TEST_F(Damage, OfTheFileIsNotSpread) {
  put(std::string(static_cast<std::size_t>(bytes), 'x'));
  std::ofstream(file, std::ios::app) << "written to since";
  auto const refused = repair_model(*bus(), digest, file, {});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().describe().contains("has changed")) << refused.error().describe();
}

TEST_F(Damage, ThatTwoFindAtOnceIsPutRight) {
  put(std::string(static_cast<std::size_t>(bytes), 'x'));
  {
    std::vector<std::jthread> menders;
    for (int i = 0; i < 2; ++i)
      menders.emplace_back([&] {
        auto const mended = repair_model(*bus(), digest, file, {});
        EXPECT_TRUE(mended) << mended.error().describe();
      });
  }
  repairs(0);
}

}  // namespace
}  // namespace edgelab::fleet
