import 'dart:async';
import 'dart:typed_data';

import 'package:flutter/services.dart';

import 'executor.dart';
import 'failure.dart';

/// The executor in a service with a process of its own (EngineService.kt). A crash or a kill takes that process alone.
class ProcessExecutor implements Executor {
  ProcessExecutor._(this._number);

  static const MethodChannel _channel = MethodChannel('dev.edgelab.lab/executor');
  static int _started = 0;
  static ProcessExecutor? _current;

  /// One at a time: the one before is killed.
  static Future<ProcessExecutor> start() async {
    _channel.setMethodCallHandler(_heard);
    await _current?.kill();
    _started += 1;
    final executor = ProcessExecutor._(_started);
    _current = executor;
    try {
      await _channel.invokeMethod<void>('start', executor._number);
    } on PlatformException catch (error) {
      _current = null;
      throw LabFailure('the executor did not start: ${error.message ?? error.code}');
    }
    return executor;
  }

  // What is about an earlier executor is late, and of no use.
  static Future<void> _heard(MethodCall call) async {
    final arguments = call.arguments as Map<Object?, Object?>;
    final executor = _current;
    if (executor == null || arguments['number'] != executor._number) return;
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

  @override
  Stream<Uint8List> get lines => _lines.stream;

  @override
  Future<Ending> get ended => _ended.future;

  void _end(Ending ending) {
    _current = null;
    if (!_ended.isCompleted) _ended.complete(ending);
    unawaited(_lines.close());
  }

  @override
  void send(Uint8List line) {
    if (!identical(_current, this)) return;
    unawaited(_channel.invokeMethod<void>('send', line));
  }

  @override
  Future<int?> peakMemory() async {
    if (!identical(_current, this)) return null;
    return _channel.invokeMethod<int>('peakMemory');
  }

  @override
  Future<void> kill() async {
    if (!identical(_current, this)) return;
    _current = null;
    await _channel.invokeMethod<void>('kill');
    unawaited(_lines.close());
  }
}
