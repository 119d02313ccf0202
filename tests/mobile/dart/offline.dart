// offline.dart PROJECT RUN STOP_AFTER: the app's run of experiments/quick.yaml, in the folder RUN, begun there or gone on with. With
// STOP_AFTER > 0 it is stopped when so many trials have been done. Says each state, and at the end the table, a line a round.
import 'dart:convert';
import 'dart:io';

import 'package:edgelab_mobile/files.dart';
import 'package:edgelab_mobile/run/journal.dart';
import 'package:edgelab_mobile/run/offline_run.dart';
import 'package:flutter/services.dart';

class ProjectFiles implements AppFiles {
  ProjectFiles(this.project);

  final String project;

  @override
  File experiment(String name) => File('$project/experiments/$name');

  @override
  File model(String name) => File('$project/models/demo/$name');

  @override
  dynamic noSuchMethod(Invocation invocation) => super.noSuchMethod(invocation);
}

Future<Object?> phone(String channel, String method, Object? arguments) async {
  return method == 'state' ? <Object?, Object?>{'thermal': 'nominal', 'battery_c': 30.0} : null;
}

Future<void> main(List<String> arguments) async {
  MethodChannel.handler = phone;
  final journal = Journal(Directory(arguments[1]));
  final stopAfter = int.parse(arguments[2]);
  if (!journal.requestFile.existsSync()) {
    await journal.writeRequest(const RunRequest(experiment: 'quick.yaml', model: 'demo-f16.gguf', cores: 1, blocks: 2));
  }
  final run = OfflineRun(ProjectFiles(arguments[0]), journal, await journal.readRequest());
  run.addListener(() {
    final trial = run.trial;
    stdout.writeln('${run.state.name} ${trial == null ? '' : '${trial.done} ${trial.kind}'} ${run.problem}');
    if (stopAfter > 0 && trial != null && trial.done >= stopAfter) run.stop();
  });
  await run.run();
  if (!journal.tableFile.existsSync()) return;
  final table = jsonDecode(journal.tableFile.readAsStringSync()) as Map<String, dynamic>;
  final group = (table['tables'] as List<dynamic>).first as Map<String, dynamic>;
  for (final round in (group['rounds'] as List<dynamic>).cast<Map<String, dynamic>>()) {
    stdout.writeln('round ${round['round']} ${round['status']} ${round['trials']} ${round['failed']} ${round['reason']}');
  }
}
