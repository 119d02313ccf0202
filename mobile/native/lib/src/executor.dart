import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'process_executor.dart';
import 'thread_executor.dart';
import 'turns.dart';

/// How an executor ended that was not asked to.
class Ending {
  const Ending(this.status, this.reason);

  /// `oom` or `failed`, as edgelab_experiment_fail takes them.
  final String status;
  final String reason;
}

/// An executor of docs/PROTOCOL.md, wherever it runs. Lines have no newline at their end.
abstract class Executor {
  /// What it says, in order; one listener. Done when the executor has ended.
  Stream<Uint8List> get lines;

  /// Completes when it has ended by itself; not when it was killed.
  Future<Ending> get ended;

  /// Never fails: where the executor has ended, [ended] says so.
  void send(Uint8List line);

  /// Of the process that runs the model, in bytes; null where it cannot be told.
  Future<int?> peakMemory();

  /// Ends it in the middle of whatever it does; when this completes, another can be started.
  Future<void> kill();
}

/// The executor that this system is best served with: a process of its own on Android, a thread on iOS, which has no other.
/// There is one at a time: a second start waits for the first, and kills what that started.
Future<Executor> startExecutor() => _starts.take(_start);

final Turns _starts = Turns();

Future<Executor> _start() async {
  if (Platform.isAndroid) return ProcessExecutor.start();
  return ThreadExecutor.start();
}

/// Whether a line is the last answer to `run`. Its type stands first, so that long lines need not be looked through.
bool isDone(Uint8List line) {
  final begin = utf8.decode(Uint8List.sublistView(line, 0, line.length < 64 ? line.length : 64), allowMalformed: true);
  return begin.contains('"type":"done"');
}
