import 'dart:async';
import 'dart:convert';
import 'dart:math';

import 'package:edgelab_native/edgelab_native.dart';
import 'package:flutter/foundation.dart';

import 'join.dart';
import 'model_cache.dart';
import 'nats.dart';
import 'session.dart';

/// This phone as a device of a fleet (docs/FLEET.md): it offers one executor, `llama`.
class HubAgent extends ChangeNotifier {
  HubAgent({required this.address, required this.device, required this.cache, this.authority});

  final JoinAddress address;

  /// `[a-z0-9][a-z0-9-]{0,62}`
  final String device;
  final ModelCache cache;

  /// The hub's certificate (PEM), where nobody vouches for it.
  final Uint8List? authority;

  static const String executorId = 'llama';
  static const Duration _announceEvery = Duration(seconds: 10);
  static final RegExp _sessionId = RegExp(r'^[0-9a-f]{32}$');

  String status = 'connecting';
  final List<String> log = <String>[];

  final String _instance = _hexadecimal(16);
  late final DeviceFacts _facts;
  late final Map<String, dynamic> _hello;
  NatsConnection? _hub;
  Session? _session;
  bool _left = false;

  /// The name to begin with: what the phone calls its model, as a device id has to be.
  static String deviceIdFrom(String model) {
    final words = model.toLowerCase().replaceAll(RegExp('[^a-z0-9]+'), '-').replaceAll(RegExp(r'^-+|-+$'), '');
    if (words.isEmpty) return 'phone';
    return words.length > 63 ? words.substring(0, 63) : words;
  }

  /// Stays in the fleet until [leave]; connects again whenever the connection is lost. Never throws.
  Future<void> stay() async {
    try {
      _facts = await Device.facts();
      _hello = await _greetExecutor();
    } catch (error) {
      _say('the executor does not start: $error');
      return;
    }
    var pause = const Duration(seconds: 1);
    while (!_left) {
      try {
        final hub = await NatsConnection.connect(address.webSocket, address.token, authority: authority);
        pause = const Duration(seconds: 1);
        await _serve(hub);
      } catch (error) {
        _say('$error');
        if ('$error'.contains('Authorization Violation')) return;
      }
      if (_left) return;
      await Future<void>.delayed(pause);
      pause = Duration(seconds: min(pause.inSeconds * 2, 15));
    }
  }

  Future<void> leave() async {
    _left = true;
    await _session?.end('the device left the fleet');
    await Future<void>.delayed(const Duration(milliseconds: 300));
    await _session?.drop('the device left the fleet');
    await _hub?.close();
  }

  Future<void> _serve(NatsConnection hub) async {
    _hub = hub;
    hub.subscribe('edgelab.v1.who', (_) => unawaited(_announce()));
    hub.subscribe('edgelab.v1.device.$device.open', (message) => unawaited(_open(hub, message)));
    _session?.connect(hub);
    await _announce();
    _say('in the fleet of ${address.host} as $device');
    final timer = Timer.periodic(_announceEvery, (_) => unawaited(_announce()));
    final reason = await hub.closed;
    timer.cancel();
    if (!_left) _say('the connection is gone${reason.isEmpty ? '' : ': $reason'}');
  }

  // What it can do has to be known before a coordinator asks.
  Future<Map<String, dynamic>> _greetExecutor() async {
    final executor = await startExecutor();
    try {
      executor.send(utf8.encode('{"type":"hello","protocol":1}'));
      final line = await executor.lines.first.timeout(const Duration(seconds: 60));
      return jsonDecode(utf8.decode(line)) as Map<String, dynamic>;
    } finally {
      await executor.kill();
    }
  }

  Future<void> _announce() async {
    final state = await Device.state();
    _publish('edgelab.v1.device.$device.announce', <String, Object?>{
      'transport': 1,
      'device': device,
      'instance': _instance,
      'agent': 'edgelab_mobile $labVersion',
      'session': _session?.id,
      'fetch': true,
      'executors': <Object>[
        <String, Object>{'id': executorId, 'hello': _hello},
      ],
      'facts': <String, Object>{
        'os': _facts.os,
        'cpu': _facts.model,
        'cores': _facts.cores,
        if (_facts.memoryBytes != null) 'memory_bytes': _facts.memoryBytes!,
        ...state.toFacts(),
        'time_ms': DateTime.now().millisecondsSinceEpoch,
      },
    });
  }

  Future<void> _open(NatsConnection hub, NatsMessage message) async {
    final reply = message.reply;
    if (reply == null) return;
    final answer = await _answerTo(hub, message.data);
    if (answer['ok'] == false) _say('refused: ${answer['reason']}');
    hub.publish(reply, utf8.encode(jsonEncode(answer)));
    if (answer['ok'] == true) await _announce();
  }

  Future<Map<String, Object>> _answerTo(NatsConnection hub, Uint8List request) async {
    final Object? asked;
    try {
      asked = jsonDecode(utf8.decode(request));
    } on FormatException {
      return _no('bad-request', 'this is no JSON');
    }
    if (asked is! Map<String, dynamic>) return _no('bad-request', 'this is no JSON object');
    if (asked['transport'] != 1) return _no('version', 'transport ${asked['transport']}: this device speaks 1');
    final id = asked['session'];
    final lease = asked['lease_ms'] ?? 30000;
    if (id is! String || !_sessionId.hasMatch(id)) return _no('bad-request', 'session is not 32 hexadecimal digits');
    if (lease is! int || lease < 1000 || lease > 600000) return _no('bad-request', 'lease_ms is not 1000 to 600000');
    if (asked['executor'] != executorId) return _no('unknown', "there is no executor '${asked['executor']}': $executorId is");
    return _begin(hub, id, '${asked['coordinator'] ?? 'a coordinator'}', lease, asked['replaces']);
  }

  Future<Map<String, Object>> _begin(NatsConnection hub, String id, String coordinator, int lease, Object? replaces) async {
    final open = _session;
    if (_left) return _no('busy', 'the device is leaving the fleet');
    if (open != null && open.id == id) return _start(open);
    if (open != null && open.id != replaces) {
      final seconds = DateTime.now().difference(open.began).inSeconds;
      return _no('busy', 'in a session with ${open.coordinator} for $seconds s');
    }
    await open?.drop('replaced');
    late final Session session;
    session = Session(id: id, coordinator: coordinator, leaseMs: lease, cache: cache, over: (reason) => _over(session, reason));
    _session = session;
    session.connect(hub);
    _say('in a session with $coordinator');
    return _start(session);
  }

  Future<Map<String, Object>> _start(Session session) async {
    try {
      await session.start();
      return <String, Object>{'ok': true, 'instance': _instance};
    } catch (error) {
      await session.drop('$error');
      return _no('failed', '$error');
    }
  }

  void _over(Session session, String reason) {
    if (!identical(_session, session)) return;
    _session = null;
    _say('the session with ${session.coordinator} is over: $reason');
    if (_hub?.isOpen ?? false) unawaited(_announce());
  }

  Map<String, Object> _no(String kind, String reason) => <String, Object>{'ok': false, 'kind': kind, 'reason': reason};

  void _publish(String subject, Map<String, Object?> json) => _hub?.publish(subject, utf8.encode(jsonEncode(json)));

  void _say(String what) {
    status = what;
    log.insert(0, what);
    if (log.length > 200) log.removeLast();
    notifyListeners();
  }

  static String _hexadecimal(int digits) {
    final random = Random.secure();
    return List<String>.generate(digits, (_) => random.nextInt(16).toRadixString(16)).join();
  }
}
