// The page's files: what is served, and what is not.
#include "fleet/page.hpp"

#include <gtest/gtest.h>
#include <httplib.h>
#include <unistd.h>

#include <fstream>

namespace edgelab::fleet {
namespace {

namespace fs = std::filesystem;

class PageTest : public ::testing::Test {
 protected:
  fs::path root = fs::temp_directory_path() / ("edgelab-page-test-" + std::to_string(getpid()));
  fs::path folder = root / "page";
  void SetUp() override {
    fs::create_directories(folder / "lib");
    std::ofstream(folder / "index.html") << "<p>hello</p>";
    std::ofstream(folder / "lib/engine.wasm") << "wasm";
    std::ofstream(root / "secret.txt") << "secret";
    fs::create_symlink(root / "secret.txt", folder / "link.txt");
  }
  void TearDown() override { fs::remove_all(root); }
};

TEST_F(PageTest, FindsFilesInsideTheFolderOnly) {
  EXPECT_EQ(file_of(folder, "/"), fs::canonical(folder / "index.html"));
  EXPECT_EQ(file_of(folder, "/lib/engine.wasm"), fs::canonical(folder / "lib/engine.wasm"));
  EXPECT_EQ(file_of(folder, "/lib/../index.html"), fs::canonical(folder / "index.html"));
  for (std::string_view const path :
       {"/../secret.txt", "/lib/../../secret.txt", "/link.txt", "//etc/passwd", "/lib", "/lib/", "", "secret.txt",
        "/..", "/nothing", "/..\\secret.txt", std::string_view("/index.html\0.png", 16)})
    EXPECT_FALSE(file_of(folder, path)) << path;
}

TEST_F(PageTest, ServesThemCrossOriginIsolatedAndTakesNothing) {
  auto const page = Page::serve(folder, "127.0.0.1", 0, std::nullopt).value();
  httplib::Client client("127.0.0.1", page->port());
  auto const index = client.Get("/");
  ASSERT_TRUE(index);
  EXPECT_EQ(index->status, 200);
  EXPECT_EQ(index->body, "<p>hello</p>");
  EXPECT_EQ(index->get_header_value("Cross-Origin-Opener-Policy"), "same-origin");
  EXPECT_EQ(index->get_header_value("Cross-Origin-Embedder-Policy"), "require-corp");
  EXPECT_TRUE(index->get_header_value("Content-Type").starts_with("text/html"));
  EXPECT_EQ(client.Get("/lib/engine.wasm")->get_header_value("Content-Type"), "application/wasm");
  EXPECT_EQ(client.Get("/%2e%2e/secret.txt")->status, 404);
  EXPECT_EQ(client.Get("/link.txt")->status, 404);
  EXPECT_GE(client.Post("/index.html", "x", "text/plain")->status, 400);
  EXPECT_GE(client.Put("/new.html", "x", "text/plain")->status, 400);
  EXPECT_GE(client.Delete("/index.html")->status, 400);
  EXPECT_TRUE(fs::exists(folder / "index.html"));
}

TEST_F(PageTest, RefusesAFolderThatIsNone) {
  EXPECT_FALSE(Page::serve(folder / "index.html", "127.0.0.1", 0, std::nullopt));
}

}  // namespace
}  // namespace edgelab::fleet
