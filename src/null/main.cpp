// edgelab-null: an executor that answers at once. See docs/PROTOCOL.md and src/null/README.md.
#include <cstdio>

#include "null/session.hpp"

int main(int argc, char**) {
  if (argc > 1) {
    std::fputs("edgelab-null takes no arguments; it speaks the executor protocol on its standard input and output\n",
               stderr);
    return 2;
  }
  edgelab::null::Session().serve();
}
