import 'dart:convert';
import 'dart:ffi';
import 'dart:isolate';
import 'dart:typed_data';

import 'package:ffi/ffi.dart';

import 'bindings.dart' as c;
import 'library.dart';

/// What `edgelab_experiment_next` says of a trial.
class Trial {
  Trial(this.json) : fields = jsonDecode(json) as Map<String, dynamic>;

  final String json;
  final Map<String, dynamic> fields;

  String get cell => fields['cell'] as String;
  String get kind => fields['kind'] as String;
  String get round => fields['round'] as String;
  int get block => fields['block'] as int;
  bool get fresh => fields['fresh'] as bool;
  double get timeoutSeconds => (fields['timeout_s'] as num).toDouble();
  int get done => fields['done'] as int;
  int get atMost => fields['at_most'] as int;
}

/// A run without a coordinator: a thin cover of edgelab.h's second half. Every method throws a LabFailure for what the library
/// refuses. What may take seconds runs on an isolate of its own.
class Experiment {
  Experiment._(this._handle);

  final c.Experiment _handle;
  bool _closed = false;

  /// Reads the file at `path`; `options` are those of edgelab_experiment_open.
  static Future<Experiment> open(String path, Map<String, Object> options) async {
    final json = jsonEncode(options);
    final address = await Isolate.run(() => _open(path, json));
    return Experiment._(Pointer<c.NativeExperiment>.fromAddress(address));
  }

  void greet(String executor, Uint8List hello) => withTexts([executor], (texts) {
    withBytes(hello, (bytes, length) {
      checked((error) => bindings.experimentGreet(_handle, texts[0], bytes, length, error));
    });
  });

  String plan() => _text(bindings.experimentPlan) ?? '';

  /// Null: the run is over.
  Trial? next() {
    final json = _text(bindings.experimentNext);
    return json == null ? null : Trial(json);
  }

  /// What to send now; null: the trial is over.
  Uint8List? message() => _bytes(bindings.experimentMessage);

  /// Whether that was the last answer to what was sent.
  bool answer(Uint8List line) => withBytes(line, (bytes, length) {
    return using((Arena arena) {
      final answered = arena<Int32>();
      checked((error) => bindings.experimentAnswer(_handle, bytes, length, answered, error));
      return answered.value != 0;
    });
  });

  void peakMemory(int bytes) => checked((error) => bindings.experimentPeakMemory(_handle, bytes, error));

  /// `status` is timeout, oom, failed or interrupted.
  void fail(String status, String reason) => withTexts([status, reason], (texts) {
    checked((error) => bindings.experimentFail(_handle, texts[0], texts[1], error));
  });

  /// The row of the trial that ended last, one line of JSON.
  Uint8List? row() => _bytes(bindings.experimentRow);

  void restore(Uint8List row) => withBytes(row, (bytes, length) {
    checked((error) => bindings.experimentRestore(_handle, bytes, length, error));
  });

  /// summary.json. Intervals are computed from all rows, so this is not for the thread that draws.
  Future<String> summary() {
    final address = _handle.address;
    return Isolate.run(() => _summary(address));
  }

  /// The same as tables for a screen, as edgelab_experiment_table has them.
  Future<String> table() {
    final address = _handle.address;
    return Isolate.run(() => _table(address));
  }

  void close() {
    if (_closed) return;
    _closed = true;
    bindings.experimentClose(_handle);
  }

  String? _text(c.ExperimentText function) {
    final bytes = _bytes(function);
    return bytes == null ? null : utf8.decode(bytes, allowMalformed: true);
  }

  Uint8List? _bytes(c.ExperimentText function) => _handedOut(_handle, function);
}

Uint8List? _handedOut(c.Experiment handle, c.ExperimentText function) {
  return using((Arena arena) {
    final out = arena<Pointer<Utf8>>();
    out.value = nullptr;
    checked((error) => function(handle, out, error));
    return takeBytes(out);
  });
}

int _open(String path, String options) {
  return withTexts([path, options], (texts) {
    return using((Arena arena) {
      final out = arena<Pointer<c.NativeExperiment>>();
      checked((error) => bindings.experimentOpen(texts[0], nullptr, 0, nullptr, 0, texts[1], out, error));
      return out.value.address;
    });
  });
}

String _summary(int address) => _textOf(address, bindings.experimentSummary);

String _table(int address) => _textOf(address, bindings.experimentTable);

String _textOf(int address, c.ExperimentText function) {
  final bytes = _handedOut(Pointer<c.NativeExperiment>.fromAddress(address), function);
  return bytes == null ? '{}' : utf8.decode(bytes);
}
