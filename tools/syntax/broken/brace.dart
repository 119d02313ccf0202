class Run {
  void stop() {
    print('stopped');
  }
