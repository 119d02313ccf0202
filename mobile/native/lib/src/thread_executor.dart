import 'dart:async';
import 'dart:ffi';
import 'dart:isolate';
import 'dart:typed_data';

import 'package:ffi/ffi.dart';

import 'bindings.dart' as c;
import 'executor.dart';
import 'failure.dart';
import 'library.dart';

/// The executor as a thread of this process. A kill by the system takes the app along: see the journal of a run.
class ThreadExecutor implements Executor {
  ThreadExecutor._();

  static ThreadExecutor? _last;

  /// One at a time, as the library has it: the one before is ended.
  static Future<ThreadExecutor> start() async {
    await _last?.kill();
    final executor = ThreadExecutor._();
    executor._create();
    _last = executor;
    return executor;
  }

  final StreamController<Uint8List> _lines = StreamController<Uint8List>();
  final Completer<Ending> _ended = Completer<Ending>();
  NativeCallable<c.DeliverC>? _deliver;
  Pointer<c.NativeExecutor> _handle = nullptr;
  Future<void>? _killed;

  @override
  Stream<Uint8List> get lines => _lines.stream;

  @override
  Future<Ending> get ended => _ended.future;

  // The library calls back from a thread of its own, and what it lends is gone when the callback has returned, while a listener
  // runs later. So its callback is edgelab_mobile_receive, which makes a copy and hands that to the listener.
  void _create() {
    final deliver = NativeCallable<c.DeliverC>.listener(_take);
    final out = calloc<Pointer<c.NativeExecutor>>();
    try {
      final context = deliver.nativeFunction.cast<Void>();
      checked((error) => bindings.executorCreate(nullptr, bindings.mobileReceive, context, out, error));
      _handle = out.value;
      _deliver = deliver;
    } on LabFailure {
      deliver.close();
      rethrow;
    } finally {
      calloc.free(out);
    }
  }

  void _take(Pointer<Utf8> message, int length) {
    final line = Uint8List.fromList(message.cast<Uint8>().asTypedList(length));
    bindings.free(message);
    if (!_lines.isClosed) _lines.add(line);
  }

  @override
  void send(Uint8List line) {
    if (_handle == nullptr) return;
    final status = withBytes(line, (bytes, length) {
      return tryCall((error) => bindings.executorSubmit(_handle, bytes, length, error));
    });
    if (status.code == statusOk || _ended.isCompleted) return;
    _ended.complete(Ending('failed', status.error));
    unawaited(_lines.close());
  }

  // The most that this process has had in its life, the app's part included, says nothing of one trial.
  @override
  Future<int?> peakMemory() async => null;

  // Destroying waits until a batch or the loading of a model has stopped: not on the thread that draws. What was still delivered
  // until then is in this isolate's queue before the answer, so nothing calls back when the callback is closed.
  @override
  Future<void> kill() => _killed ??= _kill();

  Future<void> _kill() async {
    final address = _handle.address;
    _handle = nullptr;
    if (address != 0) await Isolate.run(() => _destroy(address));
    _deliver?.close();
    _deliver = null;
    if (!_lines.isClosed) unawaited(_lines.close());
  }
}

void _destroy(int address) => bindings.executorDestroy(Pointer<c.NativeExecutor>.fromAddress(address));
