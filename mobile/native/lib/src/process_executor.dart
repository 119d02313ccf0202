import 'dart:async';

import 'package:flutter/services.dart';

import 'executor.dart';
import 'failure.dart';

/// The executor in a service with a process of its own (EngineService.kt). A crash or a kill takes that process alone.
class ProcessExecutor implements Executor {
  ProcessExecutor._(this._number);

  static const MethodChannel _channel = MethodChannel('dev.edgelab.lab/executor');
  static int _started = 0;
  static ProcessExecutor? _last;

  /// One at a time, by [startExecutor]: the one before is killed.
  static Future<ProcessExecutor> start() async {
    _channel.setMethodCallHandler(_heard);
    await _last?.kill();
    _started += 1;
    final executor = ProcessExecutor._(_started);
    _last = executor;
    try {
      await _channel.invokeMethod<void>('start', executor._number);
    } on PlatformException catch (error) {
      executor._over = true;
      throw LabFailure('the executor did not start: ${error.message ?? error.code}');
    }
    return executor;
  }

  // What is about an earlier executor is late, and of no use.
  static Future<void> _heard(MethodCall call) async {
    final arguments = call.arguments as Map<Object?, Object?>;
    final executor = _last;
    if (executor == null || executor._over || arguments['number'] != executor._number) return;
    switch (call.method) {
      case 'line':
        executor._lines.add(arguments['line'] as Uint8List);
        break;
      case 'ended':
        executor._end(Ending(arguments['status'] as String, arguments['reason'] as String));
        break;
    }
  }

  final int _number;
  final StreamController<Uint8List> _lines = StreamController<Uint8List>();
  final Completer<Ending> _ended = Completer<Ending>();
  bool _over = false;
  Future<void>? _killed;

  @override
  Stream<Uint8List> get lines => _lines.stream;

  @override
  Future<Ending> get ended => _ended.future;

  void _end(Ending ending) {
    _over = true;
    _ended.complete(ending);
    unawaited(_lines.close());
  }

  @override
  void send(Uint8List line) {
    if (!_over) unawaited(_channel.invokeMethod<void>('send', <String, Object>{'number': _number, 'line': line}));
  }

  @override
  Future<int?> peakMemory() async {
    if (_over) return null;
    return _channel.invokeMethod<int>('peakMemory', <String, Object>{'number': _number});
  }

  @override
  Future<void> kill() => _killed ??= _kill();

  Future<void> _kill() async {
    if (_over) return;
    _over = true;
    await _channel.invokeMethod<void>('kill', <String, Object>{'number': _number});
    unawaited(_lines.close());
  }
}
