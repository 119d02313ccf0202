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

  void sayFrame(String frame) => _down?.call(NatsMessage('down', null, bytes(frame)));

  List<String> get kinds => <String>[for (final frame in up) frame.kind ?? ''];

  @override
  dynamic noSuchMethod(Invocation invocation) => super.noSuchMethod(invocation);
}

/// One whose kill takes until `dead` is completed.
class SlowExecutor implements Executor {
  final Completer<void> dead = Completer<void>();
  final StreamController<Uint8List> _lines = StreamController<Uint8List>();

  final List<Uint8List> sent = <Uint8List>[];

  @override
  Stream<Uint8List> get lines => _lines.stream;

  @override
  void send(Uint8List line) => sent.add(line);

  @override
  Future<void> kill() => dead.future;

  @override
  dynamic noSuchMethod(Invocation invocation) => super.noSuchMethod(invocation);
}

void main() {
  late SlowExecutor executor;
  late Hub hub;
  late Session session;

  Future<Session> begun() async {
    final session = Session(
      id: '0' * 32,
      coordinator: 'lab',
      leaseMs: 30000,
      cache: ModelCache(Directory('/nowhere')),
      over: (_) {},
      startWith: () async => executor,
    )..connect(hub);
    await session.start();
    return session;
  }

  setUp(() async {
    executor = SlowExecutor();
    hub = Hub();
    session = await begun();
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

  // The table is that of all agents.
  test('what breaks a rule ends the session, with the reason, and nothing else does', () async {
    final table = jsonDecode(File('../tests/fleet/frames.json').readAsStringSync()) as Map<String, dynamic>;
    final rows = (table['rows'] as List<dynamic>).cast<Map<String, dynamic>>();
    expect(rows.length > 40, isTrue);
    executor.dead.complete();
    await session.drop('another for each row');
    for (final row in rows) {
      final what = row['what'] as String;
      final next = row['next'] as int?;
      executor = SlowExecutor()..dead.complete();
      hub = Hub();
      session = await begun();
      for (final frame in (row['frames'] as List<dynamic>).cast<String>()) {
        hub.sayFrame(frame);
      }
      if (next != null) hub.sayFrame('{"seq":$next}\n{"type":"hello","protocol":1}');
      for (var turns = 0; turns < 20 && !hub.kinds.contains('end'); turns += 1) {
        await Future<void>.delayed(Duration.zero);
      }
      expect('$what: ${hub.kinds.contains('end')}', '$what: ${next == null}');
      if (next != null) {
        await session.end('enough');
        expect('$what: ${hub.up.last.ack}', '$what: $next');
        expect(utf8.decode(executor.sent.last), '{"type":"hello","protocol":1}');
      }
      await session.drop('the next row');
    }
  });

  test('what comes after a broken rule reaches nobody', () async {
    hub.sayFrame('{"seq":1,"kind":"gossip"}\n');
    hub.sayFrame('{"seq":2}\n{"type":"hello","protocol":1}');
    expect(executor.sent, isEmpty);
    executor.dead.complete();
    await Future<void>.delayed(Duration.zero);
    expect(hub.kinds.where((kind) => kind == 'end').length, 1);
  });
}
