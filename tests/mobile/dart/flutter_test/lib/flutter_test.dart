import 'dart:async';

final List<FutureOr<void> Function()> _up = [], _down = [];
final List<(String, FutureOr<void> Function())> tests = [];
void setUp(FutureOr<void> Function() f) => _up.add(f);
void tearDown(FutureOr<void> Function() f) => _down.add(f);
void test(String name, FutureOr<void> Function() body) {
  tests.add((name, body));
  if (tests.length == 1) scheduleMicrotask(_run);
}

Future<void> _run() async {
  var bad = 0;
  for (final (name, body) in tests) {
    for (final f in _up) {
      await f();
    }
    try {
      await body();
      print('ok   $name');
    } catch (e, s) {
      bad++;
      print('FAIL $name: $e\n$s');
    }
    for (final f in _down) {
      await f();
    }
  }
  print('$bad failed of ${tests.length}');
}

class Matcher {
  const Matcher(this.name, this.ok);
  final String name;
  final bool Function(Object?) ok;
}

final Matcher isTrue = Matcher('true', (v) => v == true),
    isFalse = Matcher('false', (v) => v == false),
    isNull = Matcher('null', (v) => v == null),
    isNotNull = Matcher('not null', (v) => v != null),
    isEmpty = Matcher('empty', (v) => (v as dynamic).isEmpty as bool);
final Matcher throwsFormatException = Matcher('throws', (v) {
  try {
    (v as Function)();
    return false;
  } on FormatException {
    return true;
  }
});
Matcher contains(Object? x) => Matcher('contains $x', (v) => (v as dynamic).contains(x) as bool);
bool _eq(Object? a, Object? b) {
  if (a is Iterable && b is Iterable) {
    final x = a.toList(), y = b.toList();
    if (x.length != y.length) return false;
    for (var i = 0; i < x.length; i++) {
      if (!_eq(x[i], y[i])) return false;
    }
    return true;
  }
  return a == b;
}

void expect(Object? actual, Object? matcher) {
  final ok = matcher is Matcher ? matcher.ok(actual) : _eq(actual, matcher);
  if (!ok) throw StateError('expected ${matcher is Matcher ? matcher.name : matcher}, got $actual');
}
