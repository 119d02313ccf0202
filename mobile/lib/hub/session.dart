import 'dart:async';
import 'dart:convert';
import 'dart:math';
import 'dart:typed_data';

import 'package:edgelab_native/edgelab_native.dart';

import 'frames.dart';
import 'lines.dart';
import 'model_cache.dart';
import 'nats.dart';

/// One session of docs/FLEET.md: a coordinator, this device's executor, and what goes between them. It outlives connections: the
/// agent says when there is another.
class Session {
  /// `startWith` is how an executor is had.
  Session({
    required this.id,
    required this.coordinator,
    required int leaseMs,
    required this.cache,
    required this.over,
    this.startWith = startExecutor,
  }) {
    _link = FrameLink(leaseMs: leaseMs, publish: _publish, take: _taken);
    _clock = Timer.periodic(_tick, (_) => _ticked());
  }

  final String id;
  final String coordinator;
  final ModelCache cache;
  final DateTime began = DateTime.now();

  /// Called once, when nothing of the session is left.
  final void Function(String reason) over;

  final Future<Executor> Function() startWith;

  static const Duration _tick = Duration(milliseconds: 100);
  static const int _longestLine = 67108864;

  late final FrameLink _link;
  late final Timer _clock;
  late final LineGuard _guard = LineGuard(cache);
  NatsConnection? _hub;
  int _subscription = 0;
  Executor? _executor;
  final BytesBuilder _line = BytesBuilder();
  bool _inLine = false;
  Future<void>? _started;
  String _endReason = '';
  bool _ending = false;
  bool _endSent = false;
  int _endingMs = 0;
  bool _over = false;

  /// Starts the executor, once, however often it is asked to. Throws a LabFailure.
  Future<void> start() => _started ??= _start();

  Future<void> _start() async {
    final executor = await startWith();
    if (_over || _ending) {
      await executor.kill();
      return;
    }
    _executor = executor;
    executor.lines.listen(_said, onDone: () => unawaited(_executorDone(executor)));
  }

  /// A connection, the first or another one.
  void connect(NatsConnection hub) {
    final again = _hub != null;
    _hub = hub;
    _subscription = hub.subscribe('edgelab.v1.session.$id.down', (message) => _received(message.data));
    if (again) _link.resend();
  }

  /// Ends it from here: the executor first, then the reason goes to the coordinator. Completes when that is on its way.
  Future<void> end(String reason) async {
    if (_ending || _over) return;
    _ending = true;
    _endReason = reason;
    try {
      await _endExecutor();
    } finally {
      if (!_over) _link.send(Uint8List.fromList(utf8.encode(_short(reason))), kind: 'end');
      _endSent = true;
    }
  }

  // One that is being started is ended when it has started.
  Future<void> _endExecutor() async {
    try {
      await _started;
    } catch (_) {
      return; // it did not start
    }
    await _executor?.kill();
  }

  /// Ends it without a word: the coordinator has given it up, or has said so itself.
  Future<void> drop(String reason) async {
    if (_over) return;
    _over = true;
    _clock.cancel();
    _hub?.unsubscribe(_subscription);
    await _endExecutor();
    over(reason);
  }

  void _publish(Uint8List message) => _hub?.publish('edgelab.v1.session.$id.up', message);

  void _ticked() {
    _link.tick(_tick.inMilliseconds);
    if (_endSent) _endingMs += _tick.inMilliseconds;
    if (_endSent && (_link.settled || _endingMs >= 5000)) unawaited(drop(_endReason));
    if (_link.expired) unawaited(drop('nothing was heard of $coordinator'));
  }

  void _received(Uint8List message) {
    if (_over) return;
    try {
      _link.receive(Frame.parse(message));
    } on FormatException catch (error) {
      unawaited(end('a frame breaks the rules: ${error.message}'));
    }
  }

  void _taken(Frame frame) {
    final kind = frame.kind;
    if (kind == null) return _takeLine(frame);
    if (_inLine) throw const FormatException('a frame of a kind in the middle of a line');
    if (frame.more) throw const FormatException('a frame of a kind that goes on in the next');
    switch (kind) {
      case 'fetch':
        final wanted = WantedModel.parse(frame.body);
        if (!_ending) unawaited(_fetch(wanted));
        break;
      case 'end':
        _link.acknowledge();
        unawaited(drop(utf8.decode(frame.body, allowMalformed: true)));
        break;
      default:
        throw FormatException("of the kind '${kind.length > 40 ? kind.substring(0, 40) : kind}'");
    }
  }

  void _takeLine(Frame frame) {
    if (_line.length + frame.body.length > _longestLine) {
      throw const FormatException('a line of more than $_longestLine bytes');
    }
    _line.add(frame.body);
    _inLine = frame.more;
    if (frame.more || _ending) return;
    final checked = _guard.check(_line.takeBytes());
    final line = checked.line;
    final answer = checked.answer;
    if (line != null) _executor?.send(line);
    if (answer != null) _link.send(answer);
  }

  // `done` is the last line before the coordinator speaks, so nothing overtakes it while the phone is asked.
  void _said(Uint8List line) {
    if (isDone(line)) {
      unawaited(_sayDone(line));
    } else {
      _say(line);
    }
  }

  Future<void> _sayDone(Uint8List line) async {
    final peak = await _executor?.peakMemory();
    _say(peak == null ? line : LineGuard.withPeakMemory(line, peak));
  }

  // The executor's lines have a bound of their own, which is that of a body.
  void _say(Uint8List line) {
    if (_ending || _over) return;
    final shown = _guard.withoutPaths(line);
    for (var begin = 0; begin < shown.length; begin += Frame.longestBody) {
      final end = min(begin + Frame.longestBody, shown.length);
      _link.send(Uint8List.sublistView(shown, begin, end), more: end < shown.length);
    }
  }

  Future<void> _executorDone(Executor executor) async {
    if (_ending || _over) return;
    final ending = await executor.ended.timeout(
      const Duration(seconds: 5),
      onTimeout: () => const Ending('failed', 'the executor ended'),
    );
    await end('${ending.status}: ${ending.reason}');
  }

  Future<void> _fetch(WantedModel wanted) async {
    final hub = _hub;
    final digits = wanted.digits;
    final said = Stopwatch()..start();
    final why = hub == null
        ? const NotHere('there is no connection')
        : await cache.fetch(
            hub,
            digits,
            wanted.bytes,
            progress: (here) {
              if (said.elapsedMilliseconds < 1000) return;
              said.reset();
              _sayFetch('fetching', <String, Object>{'model': 'sha256:$digits', 'bytes': here});
            },
            wanted: () => !_ending && !_over,
          );
    _sayFetch('fetched', <String, Object>{
      'model': 'sha256:$digits',
      if (why != null) 'reason': why.reason,
      if (why != null && why.damaged) 'damaged': true,
    });
  }

  void _sayFetch(String kind, Map<String, Object> body) {
    if (_ending || _over) return;
    _link.send(Uint8List.fromList(utf8.encode(jsonEncode(body))), kind: kind);
  }

  static String _short(String reason) => reason.length > 2000 ? reason.substring(0, 2000) : reason;
}

/// The body of a `fetch`.
class WantedModel {
  const WantedModel(this.digits, this.bytes);

  /// Throws [FormatException] for what makes no sense.
  factory WantedModel.parse(Uint8List body) {
    final wanted = jsonDecode(utf8.decode(body));
    if (wanted is! Map<String, dynamic>) throw const FormatException('a fetch that is no JSON object');
    final digits = digitsOf(wanted['model']);
    if (digits == null) throw const FormatException('a fetch without a model');
    final bytes = wholeNumber(wanted['bytes'], 'bytes', from: 0);
    if (bytes == null) throw const FormatException('a fetch without bytes');
    return WantedModel(digits, bytes);
  }

  final String digits;
  final int bytes;
}
