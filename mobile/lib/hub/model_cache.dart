import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:isolate';

import 'package:crypto/crypto.dart';

import 'nats.dart';

/// `sha256:` and 64 hexadecimal digits; null for any other text.
String? digitsOf(Object? model) {
  if (model is! String) return null;
  return RegExp(r'^sha256:([0-9a-f]{64})$').firstMatch(model)?.group(1);
}

/// Models from the hub's object store, a file each by its SHA-256. Part of one stays where the connection ends, and is gone on with.
class ModelCache {
  ModelCache(this.folder);

  final Directory folder;

  File file(String digits) => File('${folder.path}/$digits');

  /// Gets the file unless it is here. Null, or why it cannot be had; `progress` is told of the bytes that are here.
  Future<String?> fetch(NatsConnection hub, String digits, int bytes, void Function(int bytes) progress) async {
    if (await file(digits).exists()) return null;
    final part = File('${folder.path}/$digits.part');
    try {
      await _download(hub, digits, bytes, part, progress);
      final path = part.path;
      final found = await Isolate.run(() => _sha256Of(path));
      if (found == digits) {
        await part.rename(file(digits).path);
        return null;
      }
      await part.delete();
      return 'what came has another SHA-256: $found';
    } on TimeoutException {
      return 'the hub does not answer';
    } on _Missing catch (missing) {
      return missing.reason;
    } on IOException catch (error) {
      return '$error';
    } on FormatException catch (error) {
      return 'the hub answers with what is no chunk: ${error.message}';
    }
  }

  // A chunk is asked for by the subject of all of them and a place in the stream: the next one there or later. So where to go on is
  // one number, which is kept in a file beside the part.
  Future<void> _download(NatsConnection hub, String digits, int bytes, File part, void Function(int bytes) progress) async {
    final place = File('${part.path}.next');
    var next = 1;
    var length = 0;
    if (await part.exists() && await place.exists()) {
      final kept = RegExp(r'^(\d+) (\d+)$').firstMatch(await place.readAsString());
      next = kept == null ? 1 : int.parse(kept[1]!);
      length = kept == null ? 0 : int.parse(kept[2]!);
    }
    final output = await part.open(mode: FileMode.append);
    try {
      await output.truncate(length);
      await output.setPosition(length);
      while (length < bytes) {
        final chunk = await _chunk(hub, digits, next);
        await output.writeFrom(chunk.data);
        length += chunk.data.length;
        next = chunk.sequence + 1;
        await output.flush();
        await place.writeAsString('$next $length');
        progress(length);
      }
    } finally {
      await output.close();
    }
    if (await place.exists()) await place.delete();
  }

  Future<_Chunk> _chunk(NatsConnection hub, String digits, int next) async {
    final request = jsonEncode(<String, Object>{'next_by_subj': '\$O.edgelab-models.C.$digits', 'seq': next});
    final answer = await hub.request(
      '\$JS.API.STREAM.MSG.GET.OBJ_edgelab-models',
      utf8.encode(request),
      const Duration(seconds: 15),
    );
    final reply = jsonDecode(utf8.decode(answer));
    final error = reply is Map<String, dynamic> ? reply['error'] : null;
    if (error is Map<String, dynamic>) throw _Missing('the hub has no more of this model: ${error['description']}');
    final message = reply is Map<String, dynamic> ? reply['message'] : null;
    if (message is! Map<String, dynamic>) throw const FormatException('no message');
    final sequence = message['seq'];
    final data = message['data'];
    if (sequence is! int || data is! String) throw const FormatException('no seq or no data');
    return _Chunk(sequence, base64.decode(data));
  }
}

class _Missing implements Exception {
  const _Missing(this.reason);

  final String reason;
}

class _Chunk {
  const _Chunk(this.sequence, this.data);

  final int sequence;
  final List<int> data;
}

Future<String> _sha256Of(String path) async {
  final digest = await sha256.bind(File(path).openRead()).first;
  return digest.toString();
}
