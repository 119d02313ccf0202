import 'dart:async';
import 'dart:io';

import 'package:edgelab_native/edgelab_native.dart';
import 'package:file_picker/file_picker.dart';
import 'package:flutter/material.dart';

import '../files.dart';
import '../run/journal.dart';
import '../run/offline_run.dart';
import 'hub_page.dart';
import 'run_page.dart';

/// What to run, with which model, where; and what has been run.
class HomePage extends StatefulWidget {
  const HomePage({super.key});

  @override
  State<HomePage> createState() => _HomePageState();
}

class _HomePageState extends State<HomePage> {
  AppFiles? _files;
  List<String> _experiments = <String>[];
  List<String> _models = <String>[];
  List<Directory> _runs = <Directory>[];
  String _experiment = 'quick.yaml';
  String _model = AppFiles.demoModel;
  String _problem = '';
  bool _picking = false;

  @override
  void initState() {
    super.initState();
    unawaited(_refresh());
  }

  Future<void> _refresh() async {
    try {
      final files = _files ?? await AppFiles.open();
      final experiments = await files.experimentNames();
      final models = await files.modelNames();
      final runs = await files.runFolders();
      if (!mounted) return;
      setState(() {
        _files = files;
        _experiments = experiments;
        _models = models;
        _runs = runs;
        if (!experiments.contains(_experiment) && experiments.isNotEmpty) _experiment = experiments.first;
        if (!models.contains(_model)) _model = AppFiles.demoModel;
      });
    } catch (error) {
      _show('$error');
    }
  }

  void _show(String problem) {
    if (mounted) setState(() => _problem = problem);
  }

  Future<void> _pickModel() async {
    final files = _files;
    if (files == null || _picking) return;
    setState(() => _picking = true);
    try {
      final picked = await FilePicker.pickFile();
      if (picked == null) return;
      if (!picked.name.endsWith('.gguf')) {
        _show('${picked.name} is no GGUF file: the name of one ends in .gguf');
        return;
      }
      final kept = await files.addModel(picked.readAsByteStream(), picked.name);
      await _refresh();
      if (mounted) setState(() => _model = kept);
    } catch (error) {
      _show('$error');
    } finally {
      if (mounted) setState(() => _picking = false);
    }
  }

  Future<void> _start() async {
    final files = _files;
    if (files == null) return;
    try {
      final facts = await Device.facts();
      final name = _experiment.replaceAll('.yaml', '');
      final time = DateTime.now().toIso8601String().split('.').first.replaceAll(':', '-');
      final journal = Journal(Directory('${files.runs.path}/$time-$name'));
      final request = RunRequest(experiment: _experiment, model: _model, cores: facts.fastCores);
      await journal.writeRequest(request);
      await _open(RunPage(files: files, journal: journal, run: OfflineRun(files, journal, request)));
    } catch (error) {
      _show('$error');
    }
  }

  Future<void> _openRun(Directory folder) async {
    final files = _files;
    if (files == null) return;
    final journal = Journal(folder);
    await _open(RunPage(files: files, journal: journal));
  }

  Future<void> _open(Widget page) async {
    if (!mounted) return;
    await Navigator.of(context).push<void>(MaterialPageRoute<void>(builder: (_) => page));
    await _refresh();
  }

  @override
  Widget build(BuildContext context) {
    final files = _files;
    return Scaffold(
      appBar: AppBar(title: const Text('edge-llm-lab')),
      body: files == null
          ? Center(child: _problem.isEmpty ? const CircularProgressIndicator() : Text(_problem))
          : ListView(
              padding: const EdgeInsets.all(16),
              children: <Widget>[
                if (_problem.isNotEmpty) Text(_problem, style: TextStyle(color: Theme.of(context).colorScheme.error)),
                _Choice(
                  label: 'Experiment',
                  value: _experiment,
                  values: _experiments,
                  onChosen: (name) => setState(() => _experiment = name),
                ),
                _Choice(label: 'Model', value: _model, values: _models, onChosen: (name) => setState(() => _model = name)),
                OutlinedButton(
                  onPressed: _picking ? null : () => unawaited(_pickModel()),
                  child: Text(_picking ? 'Copying …' : 'Add a model from this phone'),
                ),
                FilledButton(onPressed: () => unawaited(_start()), child: const Text('Run here, offline')),
                FilledButton.tonal(
                  onPressed: () => unawaited(_open(HubPage(files: files))),
                  child: const Text('Join a hub'),
                ),
                const Divider(),
                for (final folder in _runs)
                  ListTile(
                    title: Text(folder.uri.pathSegments.lastWhere((part) => part.isNotEmpty)),
                    onTap: () => unawaited(_openRun(folder)),
                  ),
                const Divider(),
                Text(
                  'libedgelab $labVersion. With fllama, which is GPL-2.0 or commercial, this app is under the GPL-2.0 unless '
                  'whoever made it has a commercial licence.',
                ),
              ],
            ),
    );
  }
}

class _Choice extends StatelessWidget {
  const _Choice({required this.label, required this.value, required this.values, required this.onChosen});

  final String label;
  final String value;
  final List<String> values;
  final ValueChanged<String> onChosen;

  @override
  Widget build(BuildContext context) {
    return Row(
      children: <Widget>[
        SizedBox(width: 100, child: Text(label)),
        Expanded(
          child: DropdownButton<String>(
            isExpanded: true,
            value: values.contains(value) ? value : null,
            items: <DropdownMenuItem<String>>[
              for (final name in values) DropdownMenuItem<String>(value: name, child: Text(name)),
            ],
            onChanged: (name) {
              if (name != null) onChosen(name);
            },
          ),
        ),
      ],
    );
  }
}
