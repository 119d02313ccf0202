import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:edgelab_mobile/hub/frames.dart';
import 'package:edgelab_mobile/hub/model_cache.dart';
import 'package:edgelab_mobile/hub/nats.dart';
import 'package:edgelab_mobile/hub/session.dart';
import 'package:edgelab_native/edgelab_native.dart';
import 'package:flutter_test/flutter_test.dart';

Uint8List bytes(String text) => Uint8List.fromList(utf8.encode(text));

/// The hub, with the coordinator's end of the session.
class Hub implements NatsConnection {
  final List<Frame> up = <Frame>[];
  void Function(NatsMessage)? _down;

  @override
  int subscribe(String subject, void Function(NatsMessage) receive) {
    _down = receive;
    return 1;
  }

  @override
  void unsubscribe(int id) => _down = null;

  @override
  void publish(String subject, Uint8List data, {String? reply}) => up.add(Frame.parse(data));

  void say(int seq, String kind, String body) {
    _down!(NatsMessage('down', null, bytes('{"seq":$seq,"ack":0,"kind":"$kind"}\n$body')));
  }

  List<String> get kinds => <String>[for (final frame in up) frame.kind ?? ''];

  @override
  dynamic noSuchMethod(Invocation invocation) => super.noSuchMethod(invocation);
}

/// One whose kill takes until `dead` is completed.
class SlowExecutor implements Executor {
  final Completer<void> dead = Completer<void>();
  final StreamController<Uint8List> _lines = StreamController<Uint8List>();

  @override
  Stream<Uint8List> get lines => _lines.stream;

  @override
  Future<void> kill() => dead.future;

  @override
  dynamic noSuchMethod(Invocation invocation) => super.noSuchMethod(invocation);
}

void main() {
  late SlowExecutor executor;
  late Hub hub;
  late Session session;

  setUp(() async {
    executor = SlowExecutor();
    hub = Hub();
    session = Session(
      id: '0' * 32,
      coordinator: 'lab',
      leaseMs: 30000,
      cache: ModelCache(Directory('/nowhere')),
      over: (_) {},
      startWith: () async => executor,
    );
    session.connect(hub);
    await session.start();
  });

  tearDown(() async {
    if (!executor.dead.isCompleted) executor.dead.complete();
    await session.drop('the test is over');
  });

  test('an end is told when the executor has ended, not before', () async {
    final ending = session.end('enough');
    await Future<void>.delayed(const Duration(milliseconds: 250));
    expect(hub.kinds.contains('end'), isFalse);
    executor.dead.complete();
    await ending;
    expect(utf8.decode(hub.up.firstWhere((frame) => frame.kind == 'end').body), 'enough');
  });

  test('a fetch that makes no sense is answered, a kind that is not known is passed over', () async {
    hub.say(1, 'fetch', 'no JSON');
    hub.say(2, 'fetch', '{"model":"sha256:../x","bytes":1}');
    hub.say(3, 'of-another-version', '');
    await Future<void>.delayed(const Duration(milliseconds: 250));
    expect(hub.kinds.where((kind) => kind == 'fetched').length, 2);
    expect(hub.kinds.contains('end'), isFalse);
    expect(hub.up.last.ack, 3);
  });
}
