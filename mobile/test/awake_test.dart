import 'package:edgelab_mobile/run/awake.dart';
import 'package:flutter_test/flutter_test.dart';

void main() {
  test('a page that was left switches nothing off that another still needs', () async {
    final done = <String>[];
    final awake = Awake(() async => done.add('on'), () async => done.add('off'));
    await awake.hold();
    await awake.hold();
    await awake.release();
    expect(done, <String>['on']);
    await awake.release();
    expect(done, <String>['on', 'off']);
    await awake.hold();
    expect(done, <String>['on', 'off', 'on']);
  });
}
