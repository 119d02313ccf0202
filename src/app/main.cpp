#include "app/cli.hpp"

int main(int argc, char** argv) { return edgelab::app::run_cli(argc, argv); }
