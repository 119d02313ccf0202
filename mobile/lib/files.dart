import 'dart:io';

import 'package:flutter/services.dart';
import 'package:path_provider/path_provider.dart';

/// Where the app keeps its files. Paths are never stored: an update of the app may move all of them.
class AppFiles {
  AppFiles._(this._private, this._shown);

  static Future<AppFiles> open() async {
    final private = await getApplicationSupportDirectory();
    final shown = await getApplicationDocumentsDirectory();
    final files = AppFiles._(private, shown);
    await files.models.create(recursive: true);
    await files.cache.create(recursive: true);
    await files.runs.create(recursive: true);
    await files._unpack();
    return files;
  }

  final Directory _private;
  final Directory _shown;

  /// The bundled files, in folders that lie to each other as in the project.
  Directory get bundle => Directory('${_private.path}/lab');

  /// Models that were picked, by their file's name.
  Directory get models => Directory('${_private.path}/models');

  /// Models that came from a hub, by their SHA-256.
  Directory get cache => Directory('${_private.path}/cache');

  /// A folder for each run; on iOS the Files app shows them.
  Directory get runs => Directory('${_shown.path}/runs');

  File experiment(String name) => File('${bundle.path}/experiments/$name');

  /// A model by the name that a run knows it by.
  File model(String name) {
    return name == demoModel ? File('${bundle.path}/models/demo/$demoModel') : File('${models.path}/$name');
  }

  /// The model that comes with the app.
  static const String demoModel = 'demo-f16.gguf';

  Future<List<String>> experimentNames() => _namesIn(Directory('${bundle.path}/experiments'), '.yaml');

  Future<List<String>> modelNames() async {
    return <String>[demoModel, ...await _namesIn(models, '.gguf')];
  }

  Future<List<Directory>> runFolders() async {
    final found = await runs.list().where((entity) => entity is Directory).cast<Directory>().toList();
    found.sort((a, b) => b.path.compareTo(a.path));
    return found;
  }

  /// Copies a picked file, a piece at a time; the name that it then has, which is another where there is a model of that name: runs
  /// know theirs by it.
  Future<String> addModel(Stream<List<int>> content, String name) async {
    final safe = freeName(name.replaceAll(RegExp(r'[^A-Za-z0-9._-]'), '_'), (taken) => model(taken).existsSync());
    final part = File('${models.path}/$safe.part');
    final sink = part.openWrite();
    try {
      await sink.addStream(content);
    } finally {
      await sink.close();
    }
    await part.rename('${models.path}/$safe');
    return safe;
  }

  /// `name`, or with a number before its ending what is not `taken`.
  static String freeName(String name, bool Function(String name) taken) {
    final stem = name.endsWith('.gguf') ? name.substring(0, name.length - '.gguf'.length) : name;
    var free = name;
    for (var number = 2; taken(free); number += 1) {
      free = '$stem-$number.gguf';
    }
    return free;
  }

  // Files of an update replace the older ones.
  Future<void> _unpack() async {
    final manifest = await AssetManifest.loadFromAssetBundle(rootBundle);
    for (final asset in manifest.listAssets()) {
      if (!asset.startsWith('assets/')) continue;
      final file = File('${bundle.path}/${asset.substring('assets/'.length)}');
      final data = await rootBundle.load(asset);
      if (await file.exists() && await file.length() == data.lengthInBytes && !asset.endsWith('.yaml')) continue;
      await file.parent.create(recursive: true);
      await file.writeAsBytes(data.buffer.asUint8List(data.offsetInBytes, data.lengthInBytes), flush: true);
    }
  }

  static Future<List<String>> _namesIn(Directory folder, String ending) async {
    final names = <String>[];
    await for (final entity in folder.list()) {
      if (entity is File && entity.path.endsWith(ending)) names.add(entity.uri.pathSegments.last);
    }
    names.sort();
    return names;
  }
}
