import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:edgelab_mobile/run/cool_down.dart';
import 'package:edgelab_mobile/run/journal.dart';
import 'package:edgelab_native/edgelab_native.dart';
import 'package:flutter_test/flutter_test.dart';

Uint8List row(String text) => Uint8List.fromList(utf8.encode(text));

void main() {
  late Directory folder;

  setUp(() => folder = Directory.systemTemp.createTempSync('journal'));

  tearDown(() => folder.deleteSync(recursive: true));

  /// The same files, as the app finds them when it is started anew.
  Future<Journal> again() async {
    final journal = Journal(folder);
    await journal.readRows();
    return journal;
  }

  test('rows are kept; one that was cut short is not, and the next does not join it', () async {
    final journal = await again();
    await journal.keep(row('{"a":1}'));
    await journal.rowsFile.writeAsString('{"b":', mode: FileMode.append);
    final next = Journal(folder);
    expect((await next.readRows()).map(utf8.decode), <String>['{"a":1}']);
    await next.keep(row('{"c":3}'));
    expect(await next.rowsFile.readAsString(), '{"a":1}\n{"c":3}\n');
  });

  test('a trial that has no row was lost; one that has, was not', () async {
    final journal = await again();
    await journal.begin('cell');
    expect((await (await again()).lost())?.ending.status, 'failed');
    await journal.keep(row('{}'));
    expect(await (await again()).lost(), isNull);
    await journal.end();
    expect(await (await again()).lost(), isNull);
  });

  test('a run that is gone on with cools down to where it began, one without a row begins anew', () async {
    const cool = DeviceState(thermal: Thermal.nominal, batteryCelsius: 25);
    const warm = DeviceState(thermal: Thermal.fair, batteryCelsius: 35);
    expect((await (await again()).start(warm)).thermal, Thermal.fair);
    final journal = await again();
    expect((await journal.start(cool)).thermal, Thermal.nominal);
    await journal.keep(row('{}'));
    final kept = await (await again()).start(warm);
    expect(kept.batteryCelsius, 25);
    expect(CoolDown(kept).isCool(warm), isFalse);
    expect(CoolDown(kept).isCool(cool), isTrue);
  });

  test('a run goes on with the model that it began with, not with another of that name', () async {
    final model = File('${folder.path}/m.gguf')..writeAsStringSync('one');
    final journal = Journal(folder);
    await journal.writeRequest(const RunRequest(experiment: 'quick.yaml', model: 'm.gguf', cores: 4));
    await journal.holdTo(model);
    expect((await journal.readRequest()).identity?.bytes, 3);
    await journal.holdTo(model);
    model.writeAsStringSync('two');
    var reason = '';
    try {
      await journal.holdTo(model);
    } on LabFailure catch (failure) {
      reason = failure.reason;
    }
    expect(reason, contains('m.gguf is another file'));
  });

  test('what became of it follows from what was noted', () async {
    final journal = await again();
    await journal.begin('cell');
    journal.noteBackground();
    expect((await (await again()).lost())?.ending.status, 'interrupted');
    journal.noteMemoryWarning();
    expect((await (await again()).lost())?.ending.status, 'oom');
  });
}
