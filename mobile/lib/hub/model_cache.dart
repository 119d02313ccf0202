import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:isolate';

import 'package:edgelab_native/edgelab_native.dart';

import '../run/model_identity.dart';
import 'nats.dart';

/// `sha256:` and 64 hexadecimal digits; null for any other text.
String? digitsOf(Object? model) {
  if (model is! String) return null;
  return RegExp(r'^sha256:([0-9a-f]{64})$').firstMatch(model)?.group(1);
}

/// Why a model is not here. `damaged`: what the hub has under its name is another file, or a part of it.
class NotHere {
  const NotHere(this.reason, {this.damaged = false});

  final String reason;
  final bool damaged;
}

/// Models from the hub's object store, a file each by its SHA-256. Part of one stays where the connection ends, and is gone on with.
class ModelCache {
  ModelCache(this.folder);

  final Directory folder;

  File file(String digits) => File('${folder.path}/$digits');

  // By the part's path: of a fetch whose session is over, the rest may still be ending while the next session asks for the same.
  static final Map<String, Turns> _turns = <String, Turns>{};

  /// Gets the file unless it is here. Null, or why it cannot be had; `progress` is told of the bytes that are here. It ends before the
  /// next chunk when `wanted` says no; what has come is then kept. Fetches of one file are made one after the other.
  Future<NotHere?> fetch(
    NatsConnection hub,
    String digits,
    int bytes, {
    required void Function(int bytes) progress,
    required bool Function() wanted,
  }) {
    final part = File('${folder.path}/$digits.part');
    final turns = _turns.putIfAbsent(part.path, () => Turns());
    return turns.take(() => _fetch(_Wanted(hub, digits, bytes, progress, wanted), part));
  }

  Future<NotHere?> _fetch(_Wanted model, File part) async {
    if (await file(model.digits).exists()) return null;
    try {
      final resumed = await part.exists() && await _placeOf(part).exists();
      final why = await _try(model, part);
      // The place is one of the hub's stream, which may be another by now: then only all of it helps.
      if (why == null || !resumed) return why;
      await _forget(part);
      return await _try(model, part);
    } on _Unwanted {
      return const NotHere('its session is over');
    } on TimeoutException {
      return const NotHere('the hub does not answer');
    } on IOException catch (error) {
      return NotHere('$error');
    } on FormatException catch (error) {
      return NotHere('the hub answers with what is no chunk: ${error.message}');
    }
  }

  // Null: the file is here. Else why it is not. A part that is too short is kept: the hub may not have all of it yet.
  Future<NotHere?> _try(_Wanted model, File part) async {
    try {
      await _download(model, part);
    } on _Missing catch (missing) {
      return NotHere(missing.reason, damaged: await part.length() > 0);
    }
    final path = part.path;
    final found = await Isolate.run(() => sha256Of(path));
    if (found == model.digits) {
      await part.rename(file(model.digits).path);
      return null;
    }
    await _forget(part);
    return NotHere('what came has another SHA-256: $found', damaged: true);
  }

  static Future<void> _forget(File part) async {
    for (final file in <File>[part, _placeOf(part)]) {
      if (await file.exists()) await file.delete();
    }
  }

  static File _placeOf(File part) => File('${part.path}.next');

  // A chunk is asked for by the subject of all of them and a place in the stream: the next one there or later. So where to go on is
  // one number, which is kept in a file beside the part.
  Future<void> _download(_Wanted model, File part) async {
    final place = _placeOf(part);
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
      while (length < model.bytes) {
        if (!model.wanted()) throw const _Unwanted();
        final chunk = await _chunk(model.hub, model.digits, next);
        await output.writeFrom(chunk.data);
        length += chunk.data.length;
        next = chunk.sequence + 1;
        await output.flush();
        await place.writeAsString('$next $length');
        model.progress(length);
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

class _Wanted {
  const _Wanted(this.hub, this.digits, this.bytes, this.progress, this.wanted);

  final NatsConnection hub;
  final String digits;
  final int bytes;
  final void Function(int bytes) progress;
  final bool Function() wanted;
}

class _Unwanted implements Exception {
  const _Unwanted();
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
