import 'dart:convert';
import 'dart:typed_data';

import 'model_cache.dart';

/// A line from a coordinator: what to give the executor, or what to answer in its place.
class CheckedLine {
  const CheckedLine.pass(Uint8List this.line) : answer = null;

  const CheckedLine.refuse(Uint8List this.answer) : line = null;

  final Uint8List? line;
  final Uint8List? answer;
}

/// Sees to it that no line names a file, and puts paths of the cache in the place of models. Lines that are not changed go on as they
/// came: numbers of 64 bits would not survive being read and written here.
class LineGuard {
  LineGuard(this.cache);

  final ModelCache cache;

  CheckedLine check(Uint8List line) {
    final Object? message;
    try {
      message = jsonDecode(utf8.decode(line));
    } on FormatException {
      return _refuse(0, 'bad-request', 'this is no JSON');
    }
    if (message is! Map<String, dynamic>) return _refuse(0, 'bad-request', 'this is no JSON object');
    final id = message['id'] is int ? message['id'] as int : 0;
    final wrong = _fileNamed(message);
    if (wrong != null) return _refuse(id, 'unsupported', wrong);
    return message['type'] == 'load' ? _load(id, message) : CheckedLine.pass(line);
  }

  /// What an executor says, with names of models in the place of paths of the cache.
  Uint8List withoutPaths(Uint8List line) {
    final text = utf8.decode(line, allowMalformed: true);
    final paths = RegExp('${RegExp.escape(cache.folder.path)}/([0-9a-f]{64})');
    if (!paths.hasMatch(text)) return line;
    return utf8.encode(text.replaceAllMapped(paths, (match) => 'sha256:${match[1]}'));
  }

  CheckedLine _load(int id, Map<String, dynamic> message) {
    for (final field in const <String>['model', 'draft']) {
      final named = message[field];
      if (named == null || named == '') continue;
      final digits = digitsOf(named);
      if (digits == null) return _refuse(id, 'bad-request', '$field is no sha256:… of a model');
      final file = cache.file(digits);
      if (!file.existsSync()) return _refuse(id, 'failed', '$field is not here: it has to be fetched first');
      message[field] = file.path;
    }
    return CheckedLine.pass(utf8.encode(jsonEncode(message)));
  }

  // Why a message is refused for what it names.
  static String? _fileNamed(Map<String, dynamic> message) {
    if (message['stream'] != null) return 'stream names a file of the coordinator';
    for (final flags in <Object?>[message['flags'], message['against']]) {
      if (flags is! Map<String, dynamic>) continue;
      for (final flag in flags.entries) {
        final value = '${flag.value ?? ''}';
        final given = value.isNotEmpty && value != 'off' && value != '[]';
        if (given && (flag.key == 'extra-args' || flag.key == 'rpc')) return '${flag.key} is not taken from a hub';
        final namesFile = flag.key == 'model' || flag.key == 'draft-model' || flag.key.contains('.');
        if (namesFile && value.contains(RegExp(r'[/\\]'))) return '${flag.key} names a file';
      }
    }
    return null;
  }

  /// A `done` with the peak of resident memory in it, where the executor does not tell that itself.
  static Uint8List withPeakMemory(Uint8List done, int bytes) {
    final message = jsonDecode(utf8.decode(done)) as Map<String, dynamic>;
    final memory = message['memory'] ?? <String, dynamic>{};
    if (memory is! Map<String, dynamic> || memory['rss_peak_bytes'] != null) return done;
    memory['rss_peak_bytes'] = bytes;
    message['memory'] = memory;
    return utf8.encode(jsonEncode(message));
  }

  static CheckedLine _refuse(int id, String kind, String reason) {
    return CheckedLine.refuse(
      utf8.encode(jsonEncode(<String, Object>{'type': 'error', 'id': id, 'kind': kind, 'reason': reason})),
    );
  }
}
