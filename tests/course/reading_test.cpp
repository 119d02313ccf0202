#include "course/reading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/fakes.hpp"

namespace edgelab::course {
namespace {

using runner::testing::plan_of;
using runner::testing::round_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Two models on two executors: baseline, one that may change distributions, one that only drafts.
struct Reading : ::testing::Test {
  Plan plan = plan_of({round_of("baseline"), round_of("q8", {{"cache-type-k", "q8_0"}}),
                       round_of("lookup", {{"prompt-lookup", "on"}})});

  Reading() {
    auto& experiment = plan.experiment;
    experiment.models.push_back(experiment.models[0]);
    experiment.models[1].id = "f16";
    experiment.executors.push_back(experiment.executors[0]);
    experiment.executors[1].id = "y";
    auto const cells = plan.cells;
    plan.cells.clear();
    for (std::size_t model = 0; model < 2; ++model)
      for (std::size_t executor = 0; executor < 2; ++executor)
        for (auto cell : cells) {
          cell.model = model;
          cell.executor = executor;
          cell.baseline = place(model, executor, 0);
          plan.cells.push_back(cell);
        }
  }
  static std::size_t place(std::size_t model, std::size_t executor, std::size_t round) {
    return (model * 2 + executor) * 3 + round;
  }
};

TEST_F(Reading, beside_the_own_baseline_unless_told) {
  EXPECT_EQ(reading_reference_of(plan, place(1, 1, 1)), place(1, 1, 0));
  EXPECT_THAT(cells_to_read(plan), ElementsAre(place(0, 0, 1), place(0, 1, 1), place(1, 0, 1), place(1, 1, 1)));
  auto const stands_for = read_as(plan);
  EXPECT_EQ(stands_for[place(0, 1, 0)], place(0, 1, 0));
  EXPECT_EQ(stands_for[place(0, 1, 1)], place(0, 1, 1));
  EXPECT_EQ(stands_for[place(0, 1, 2)], place(0, 1, 0));    // drafting changes no distribution
}

TEST_F(Reading, beside_another_models) {
  plan.experiment.quality.reference_model = "f16";
  EXPECT_EQ(reading_reference_of(plan, place(0, 1, 1)), place(1, 1, 0));
  EXPECT_EQ(reading_reference_of(plan, place(1, 1, 1)), place(1, 1, 0));
  // The other model's baseline is now read too; what only drafts is as far away as that, and is not.
  EXPECT_THAT(cells_to_read(plan), ElementsAre(place(0, 0, 0), place(0, 0, 1), place(0, 1, 0), place(0, 1, 1),
                                               place(1, 0, 1), place(1, 1, 1)));
}

TEST_F(Reading, beside_another_executors) {
  plan.experiment.quality.reference_executor = "x";
  plan.experiment.quality.reference_model = "f16";
  EXPECT_EQ(reading_reference_of(plan, place(0, 1, 2)), place(1, 0, 0));
  EXPECT_THAT(cells_to_read(plan), ElementsAre(place(0, 0, 0), place(0, 0, 1), place(0, 1, 0), place(0, 1, 1),
                                               place(1, 0, 1), place(1, 1, 0), place(1, 1, 1)));
}

TEST_F(Reading, beside_nothing_that_cannot_run) {
  plan.experiment.quality.reference_model = "f16";
  plan.cells[place(1, 0, 0)].refused = "too large";
  EXPECT_THAT(cells_to_read(plan), ElementsAre(place(0, 1, 0), place(0, 1, 1), place(1, 1, 1)));
  plan.experiment.quality.reference_model = "gone";
  EXPECT_THAT(cells_to_read(plan), IsEmpty());
}

}  // namespace
}  // namespace edgelab::course
