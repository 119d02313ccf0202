import 'dart:async';
import 'dart:convert';

import 'package:flutter/material.dart';
import 'package:share_plus/share_plus.dart';

import '../files.dart';
import '../run/journal.dart';
import '../run/offline_run.dart';
import 'result_table.dart';

/// One run: while it goes on, and what came of it.
class RunPage extends StatefulWidget {
  const RunPage({super.key, required this.files, required this.journal, this.run});

  final AppFiles files;
  final Journal journal;

  /// To be started; null for one that is only looked at.
  final OfflineRun? run;

  @override
  State<RunPage> createState() => _RunPageState();
}

class _RunPageState extends State<RunPage> with WidgetsBindingObserver {
  OfflineRun? _run;
  Map<String, dynamic>? _table;

  @override
  void initState() {
    super.initState();
    WidgetsBinding.instance.addObserver(this);
    unawaited(_readTable());
    final run = widget.run;
    if (run != null) unawaited(_follow(run));
  }

  @override
  void dispose() {
    WidgetsBinding.instance.removeObserver(this);
    _run?.removeListener(_changed);
    _run?.stop();
    super.dispose();
  }

  @override
  void didChangeAppLifecycleState(AppLifecycleState state) {
    if (state == AppLifecycleState.paused) _run?.hide();
  }

  void _changed() {
    if (mounted) setState(() {});
  }

  Future<void> _follow(OfflineRun run) async {
    _run = run;
    run.addListener(_changed);
    await run.run();
    await _readTable();
  }

  Future<void> _continue() async {
    final request = await widget.journal.readRequest();
    if (!mounted) return;
    await _follow(OfflineRun(widget.files, widget.journal, request));
  }

  Future<void> _readTable() async {
    if (!await widget.journal.tableFile.exists()) return;
    final table = jsonDecode(await widget.journal.tableFile.readAsString()) as Map<String, dynamic>;
    if (mounted) setState(() => _table = table);
  }

  Future<void> _share() async {
    final box = context.findRenderObject() as RenderBox?;
    await SharePlus.instance.share(
      ShareParams(
        files: <XFile>[for (final file in widget.journal.shared) XFile(file.path)],
        subject: 'edge-llm-lab results',
        sharePositionOrigin: box == null ? null : box.localToGlobal(Offset.zero) & box.size,
      ),
    );
  }

  @override
  Widget build(BuildContext context) {
    final run = _run;
    final table = _table;
    final idle = run == null || !run.active;
    return Scaffold(
      appBar: AppBar(title: const Text('Run')),
      body: ListView(
        padding: const EdgeInsets.all(16),
        children: <Widget>[
          if (run != null) _Progress(run: run),
          if (run != null && run.active) OutlinedButton(onPressed: run.stop, child: const Text('Stop')),
          if (idle) OutlinedButton(onPressed: () => unawaited(_continue()), child: const Text('Continue')),
          if (idle && table != null) FilledButton(onPressed: () => unawaited(_share()), child: const Text('Share the results')),
          if (table != null) ResultTable(table: table),
        ],
      ),
    );
  }
}

class _Progress extends StatelessWidget {
  const _Progress({required this.run});

  final OfflineRun run;

  static const Map<RunState, String> _words = <RunState, String>{
    RunState.starting: 'starting',
    RunState.running: 'running',
    RunState.cooling: 'waiting for the phone to cool down',
    RunState.stopping: 'stopping',
    RunState.stopped: 'stopped; it goes on where it was',
    RunState.finished: 'finished',
    RunState.failed: 'it cannot go on',
  };

  @override
  Widget build(BuildContext context) {
    final trial = run.trial;
    return Column(
      crossAxisAlignment: CrossAxisAlignment.start,
      children: <Widget>[
        Text(_words[run.state] ?? ''),
        if (run.problem.isNotEmpty) Text(run.problem, style: TextStyle(color: Theme.of(context).colorScheme.error)),
        if (trial != null) Text('block ${trial.block + 1}, ${trial.kind}: ${trial.cell}'),
        if (trial != null && trial.atMost > 0) LinearProgressIndicator(value: trial.done / trial.atMost),
        const Text('Leave the app open and on the screen: elsewhere the phone holds cores back, so the run stops.'),
      ],
    );
  }
}
