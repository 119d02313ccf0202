import 'dart:async';
import 'dart:convert';

import 'package:edgelab_native/edgelab_native.dart';
import 'package:flutter/foundation.dart';

import '../files.dart';
import 'awake.dart';
import 'cool_down.dart';
import 'journal.dart';

/// What all bundled experiments call the model that they run; tests/mobile/prepare_test.py holds them to it.
const String bundledModelId = 'demo';

enum RunState { starting, running, cooling, stopping, stopped, finished, failed }

/// What became of the sending and answering of one trial.
enum _Outcome { answered, overdue, ended, stopped }

/// A whole experiment on this phone. What is next, what an answer is worth and what follows is libedgelab's; this carries messages
/// between its two halves, keeps time limits, and keeps what an app that is killed would lose.
class OfflineRun extends ChangeNotifier {
  OfflineRun(this._files, this.journal, this.request);

  final AppFiles _files;
  final Journal journal;
  final RunRequest request;

  RunState state = RunState.starting;
  Trial? trial;
  String problem = '';

  Experiment? _experiment;
  Executor? _executor;
  StreamIterator<Uint8List>? _inbox;
  bool _stop = false;
  bool _heard = false;
  bool _triedAgain = false;

  bool get active => state.index < RunState.stopped.index;

  /// Ends the trial under way; it is the next one when the run is continued.
  void stop() {
    if (!active || _stop) return;
    _stop = true;
    _become(RunState.stopping);
    unawaited(_executor?.kill());
  }

  /// The app is no longer looked at: from now on figures would be those of a phone that holds cores back.
  void hide() {
    journal.noteBackground();
    stop();
  }

  /// Runs until the experiment is over or [stop] was called. Never throws.
  Future<void> run() async {
    final warnings = Device.memoryWarnings.listen((_) => journal.noteMemoryWarning());
    try {
      await screen.hold();
      final experiment = await _open();
      await _restore(experiment);
      await _runTrials(experiment);
      await journal.writeResults(await experiment.summary(), await experiment.table());
      _become(_stop ? RunState.stopped : RunState.finished);
    } catch (error) {
      if (!_stop) problem = '$error';
      _become(_stop ? RunState.stopped : RunState.failed);
    } finally {
      await warnings.cancel();
      await _executor?.kill();
      _experiment?.close();
      await screen.release();
    }
  }

  Future<Experiment> _open() async {
    await journal.holdTo(_files.model(request.model));
    final path = _files.experiment(request.experiment).path;
    final experiment = await Experiment.open(path, <String, Object>{
      'models': <String, String>{bundledModelId: _files.model(request.model).path},
      'physical_cores': request.cores,
      if (request.blocks != null) 'blocks': request.blocks!,
    });
    _experiment = experiment;
    await _startExecutor();
    _executor!.send(_utf8('{"type":"hello","protocol":1}'));
    if (await _next(const Duration(seconds: 60)) != _Outcome.answered) {
      throw const LabFailure('the executor does not answer: start the app anew');
    }
    experiment.greet('llama', _inbox!.current);
    return experiment;
  }

  Future<void> _restore(Experiment experiment) async {
    for (final row in await journal.readRows()) {
      experiment.restore(row);
    }
    final lost = await journal.lost();
    if (lost != null && experiment.next() != null && _fail(experiment, lost.ending)) await _keepRow(experiment);
    await journal.end();
  }

  Future<void> _runTrials(Experiment experiment) async {
    final coolDown = CoolDown(await journal.start(await Device.state()));
    String? before; // a run that is gone on with waits before its first trial as well
    while (!_stop) {
      final next = experiment.next();
      if (next == null) return;
      trial = next;
      CoolDownWait? wait;
      final part = '${next.kind} ${next.block}'; // the first timed block has the number of the first that warms up
      if (part != before) {
        _become(RunState.cooling);
        wait = await coolDown.wait(() => _stop);
      }
      before = part;
      if (!_stop) _become(RunState.running);
      await _runTrial(experiment, next, wait);
    }
  }

  Future<void> _runTrial(Experiment experiment, Trial next, CoolDownWait? wait) async {
    final before = await Device.state();
    await journal.begin(next.cell);
    if (!_stop && next.fresh) await _startExecutor();
    var hasRow = true;
    final outcome = _stop ? _Outcome.stopped : await _converse(experiment, next);
    switch (outcome) {
      case _Outcome.answered:
        _triedAgain = false;
        break;
      case _Outcome.overdue:
        hasRow = _fail(experiment, const Ending('timeout', 'no answer in time'));
        await _startExecutor();
        break;
      case _Outcome.ended:
        hasRow = _fail(experiment, await _ending());
        await _startExecutor();
        break;
      case _Outcome.stopped:
        hasRow = _fail(experiment, const Ending('interrupted', 'stopped'));
        break;
    }
    if (hasRow) await _keepRow(experiment);
    await journal.end();
    await journal.noteDevice(<String, Object?>{
      'cell': next.cell,
      'kind': next.kind,
      'block': next.block,
      'before': before.toFacts(),
      'after': (await Device.state()).toFacts(),
      if (wait != null) 'waited_s': wait.waited.inMilliseconds / 1000,
      if (wait != null) 'cool': wait.reached,
    });
  }

  /// Sends what the trial needs and hands back what is answered, in order.
  Future<_Outcome> _converse(Experiment experiment, Trial next) async {
    final limit = Duration(milliseconds: (next.timeoutSeconds * 1000).round());
    _heard = false;
    for (;;) {
      final message = experiment.message();
      if (message == null) return _Outcome.answered;
      final watch = Stopwatch()..start();
      _executor!.send(message);
      var answered = false;
      while (!answered) {
        final outcome = await _next(limit - watch.elapsed);
        if (outcome != _Outcome.answered) return outcome;
        _heard = true;
        final line = _inbox!.current;
        if (next.kind == 'memory' && isDone(line)) await _tellPeak(experiment);
        answered = experiment.answer(line);
      }
    }
  }

  // Where the executor ended before it said anything of this trial, it may have been lost with the one before: so once more.
  Future<Ending> _ending() async {
    final ending = await _executor!.ended.timeout(
      const Duration(seconds: 5),
      onTimeout: () => const Ending('failed', 'the executor ended, and nobody says why'),
    );
    if (_heard || _triedAgain) {
      _triedAgain = false;
      return ending;
    }
    _triedAgain = true;
    return Ending('interrupted', ending.reason);
  }

  // Whether that made a row: a trial that was interrupted is the next one again.
  bool _fail(Experiment experiment, Ending ending) {
    experiment.fail(ending.status, ending.reason);
    return ending.status != 'interrupted';
  }

  Future<void> _keepRow(Experiment experiment) async {
    final row = experiment.row();
    if (row != null) await journal.keep(row);
  }

  Future<void> _tellPeak(Experiment experiment) async {
    final peak = await _executor!.peakMemory();
    if (peak != null) experiment.peakMemory(peak);
  }

  Future<void> _startExecutor() async {
    if (_stop) return;
    await _executor?.kill();
    final executor = await startExecutor();
    _executor = executor;
    _inbox = StreamIterator<Uint8List>(executor.lines);
  }

  // `answered`: the inbox has a line. An inbox that was waited for in vain is used no more: its executor is killed.
  Future<_Outcome> _next(Duration left) async {
    if (left <= Duration.zero) return _Outcome.overdue;
    try {
      if (await _inbox!.moveNext().timeout(left)) return _Outcome.answered;
      return _stop ? _Outcome.stopped : _Outcome.ended;
    } on TimeoutException {
      return _Outcome.overdue;
    }
  }

  void _become(RunState next) {
    state = next;
    notifyListeners();
  }
}

Uint8List _utf8(String text) => Uint8List.fromList(utf8.encode(text));
