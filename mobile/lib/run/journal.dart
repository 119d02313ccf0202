import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:edgelab_native/edgelab_native.dart';

import 'model_identity.dart';

/// What one run was asked to do: enough to open it again.
class RunRequest {
  const RunRequest({required this.experiment, required this.model, required this.cores, this.blocks, this.identity});

  factory RunRequest.fromJson(Map<String, dynamic> json) {
    final bytes = json['model_bytes'];
    final digits = json['model_sha256'];
    return RunRequest(
      experiment: json['experiment'] as String,
      model: json['model'] as String,
      cores: json['cores'] as int,
      blocks: json['blocks'] as int?,
      identity: bytes is int && digits is String ? ModelIdentity(bytes, digits) : null,
    );
  }

  /// A bundled file's name.
  final String experiment;

  /// A model's name, which takes the place of every model that the experiment names.
  final String model;

  /// What `threads` is where no round sets it: kept, since it is part of what the rows are about.
  final int cores;
  final int? blocks;

  /// The model's, once the run has begun: another file of the same name is another model.
  final ModelIdentity? identity;

  RunRequest identified(ModelIdentity model) {
    return RunRequest(experiment: experiment, model: this.model, cores: cores, blocks: blocks, identity: model);
  }

  Map<String, Object?> toJson() {
    return <String, Object?>{
      'experiment': experiment,
      'model': model,
      'cores': cores,
      'blocks': blocks,
      if (identity != null) 'model_bytes': identity!.bytes,
      if (identity != null) 'model_sha256': identity!.sha256,
    };
  }
}

/// The trial that was under way when the app ended, as the journal has it.
class InFlight {
  const InFlight({required this.cell, required this.rows, required this.memoryWarnings, required this.background});

  factory InFlight.fromJson(Map<String, dynamic> json) {
    return InFlight(
      cell: json['cell'] as String,
      rows: json['rows'] as int,
      memoryWarnings: json['memory_warnings'] as int,
      background: json['background'] as bool,
    );
  }

  final String cell;

  /// Rows that were kept before it began.
  final int rows;
  final int memoryWarnings;

  /// The app was no longer looked at: it is then ended for reasons that have nothing to do with the trial.
  final bool background;

  InFlight warned() => InFlight(cell: cell, rows: rows, memoryWarnings: memoryWarnings + 1, background: background);

  InFlight hidden() => InFlight(cell: cell, rows: rows, memoryWarnings: memoryWarnings, background: true);

  Map<String, Object> toJson() {
    return <String, Object>{'cell': cell, 'rows': rows, 'memory_warnings': memoryWarnings, 'background': background};
  }

  /// A status of edgelab_experiment_fail, with its reason.
  Ending get ending {
    if (memoryWarnings > 0) {
      return Ending('oom', 'the app was ended during this trial; the system had warned of memory $memoryWarnings times');
    }
    if (background) return const Ending('interrupted', 'the app was ended in the background');
    return const Ending('failed', 'the app ended during this trial, and the system does not say why');
  }
}

/// The files of one run. Whatever is lost with the app is at most the trial under way.
class Journal {
  Journal(this.folder);

  final Directory folder;
  int _rows = 0;
  InFlight? _inFlight;

  File get requestFile => File('${folder.path}/run.json');
  File get rowsFile => File('${folder.path}/rows.jsonl');
  File get deviceFile => File('${folder.path}/device.jsonl');
  File get summaryFile => File('${folder.path}/summary.json');
  File get tableFile => File('${folder.path}/table.json');
  File get _startFile => File('${folder.path}/start.json');
  File get _inFlightFile => File('${folder.path}/in_flight.json');

  /// Those that there are of what is worth sharing.
  List<File> get shared {
    return [summaryFile, rowsFile, deviceFile, requestFile].where((file) => file.existsSync()).toList();
  }

  Future<void> writeRequest(RunRequest request) async {
    await folder.create(recursive: true);
    await _replace(requestFile, jsonEncode(request.toJson()));
  }

  /// Throws a LabFailure where the run was begun with another model than what is now called so; notes which it is where that is not known.
  Future<void> holdTo(File model) async {
    if (!await model.exists()) throw const LabFailure('the model of this run is no longer here: add it again, by the same name');
    final request = await readRequest();
    final found = await ModelIdentity.of(model);
    final begun = request.identity;
    if (begun == null) return writeRequest(request.identified(found));
    if (found.isSame(begun)) return;
    throw LabFailure(
      '${request.model} is another file than when this run began (${begun.bytes} bytes, SHA-256 ${begun.sha256}): '
      'its rows would be of two models; start a new run',
    );
  }

  Future<RunRequest> readRequest() async {
    return RunRequest.fromJson(jsonDecode(await requestFile.readAsString()) as Map<String, dynamic>);
  }

  /// The rows that were kept. A line that was being written when the app ended has no end, and is cut off.
  Future<List<Uint8List>> readRows() async {
    final rows = <Uint8List>[];
    if (!await rowsFile.exists()) return rows;
    final bytes = await rowsFile.readAsBytes();
    var begin = 0;
    for (var end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, begin)) {
      rows.add(Uint8List.sublistView(bytes, begin, end));
      begin = end + 1;
    }
    if (begin < bytes.length) {
      final file = await rowsFile.open(mode: FileMode.append);
      await file.truncate(begin);
      await file.close();
    }
    _rows = rows.length;
    return rows;
  }

  Future<void> keep(Uint8List row) async {
    final line = Uint8List(row.length + 1);
    line.setAll(0, row);
    line[row.length] = 10;
    await rowsFile.writeAsBytes(line, mode: FileMode.append, flush: true);
    _rows += 1;
  }

  Future<void> begin(String cell) async {
    final trial = InFlight(cell: cell, rows: _rows, memoryWarnings: 0, background: false);
    _inFlight = trial;
    await _replace(_inFlightFile, jsonEncode(trial.toJson()));
  }

  Future<void> end() async {
    _inFlight = null;
    if (await _inFlightFile.exists()) await _inFlightFile.delete();
  }

  /// At once, since the system may not wait.
  void noteMemoryWarning() => _note(_inFlight?.warned());

  void noteBackground() => _note(_inFlight?.hidden());

  void _note(InFlight? trial) {
    if (trial == null) return;
    _inFlight = trial;
    _inFlightFile.writeAsStringSync(jsonEncode(trial.toJson()), flush: true);
  }

  /// The trial that an earlier session was ended in; to be asked after [readRows]. One that has its row had ended.
  Future<InFlight?> lost() async {
    if (!await _inFlightFile.exists()) return null;
    try {
      final trial = InFlight.fromJson(jsonDecode(await _inFlightFile.readAsString()) as Map<String, dynamic>);
      return trial.rows == _rows ? trial : null;
    } on FormatException {
      return const InFlight(cell: '', rows: 0, memoryWarnings: 0, background: false);
    }
  }

  /// The phone before the run's first row, which a run that is gone on with is compared with too. To be asked after [readRows].
  Future<DeviceState> start(DeviceState now) async {
    if (_rows > 0 && await _startFile.exists()) {
      return DeviceState.fromFacts(jsonDecode(await _startFile.readAsString()) as Map<String, dynamic>);
    }
    await _replace(_startFile, jsonEncode(now.toFacts()));
    return now;
  }

  Future<void> noteDevice(Map<String, Object?> line) async {
    await deviceFile.writeAsString('${jsonEncode(line)}\n', mode: FileMode.append, flush: true);
  }

  Future<void> writeResults(String summary, String table) async {
    await _replace(summaryFile, summary);
    await _replace(tableFile, table);
  }

  static Future<void> _replace(File file, String text) async {
    final next = File('${file.path}.new');
    await next.writeAsString(text, flush: true);
    await next.rename(file.path);
  }
}
