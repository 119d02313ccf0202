import 'dart:io';
import 'dart:isolate';

import 'package:crypto/crypto.dart';

/// What a model's file is, whatever its name.
class ModelIdentity {
  const ModelIdentity(this.bytes, this.sha256);

  final int bytes;

  /// 64 hexadecimal digits.
  final String sha256;

  /// Reads all of the file, on an isolate of its own.
  static Future<ModelIdentity> of(File model) async {
    final path = model.path;
    return ModelIdentity(await model.length(), await Isolate.run(() => sha256Of(path)));
  }

  bool isSame(ModelIdentity other) => bytes == other.bytes && sha256 == other.sha256;
}

/// Of a file, as 64 hexadecimal digits.
Future<String> sha256Of(String path) async {
  final digest = await sha256.bind(File(path).openRead()).first;
  return digest.toString();
}
