/// Lets in one piece of work at a time, in the order of asking.
class Turns {
  Future<void> _last = Future<void>.value();

  /// What `work` gives or throws, once all that was asked for before has ended, well or not.
  Future<T> take<T>(Future<T> Function() work) {
    final mine = _last.then<T>((_) => work());
    _last = mine.then<void>((_) {}, onError: (Object error) {});
    return mine;
  }
}
