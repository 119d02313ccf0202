import 'dart:async';

import 'package:edgelab_native/edgelab_native.dart';
import 'package:flutter_test/flutter_test.dart';

void main() {
  test('one begins when the one before has ended, also when that failed', () async {
    final turns = Turns();
    final done = <String>[];
    final gate = Completer<void>();
    final first = turns.take(() async {
      done.add('first');
      await gate.future;
      throw const LabFailure('it did not start');
    });
    final second = turns.take(() async {
      done.add('second');
      return 2;
    });
    await Future<void>.delayed(Duration.zero);
    expect(done, <String>['first']);
    gate.complete();
    var failed = false;
    try {
      await first;
    } on LabFailure {
      failed = true;
    }
    expect(failed, isTrue);
    expect(await second, 2);
    expect(done, <String>['first', 'second']);
  });
}
