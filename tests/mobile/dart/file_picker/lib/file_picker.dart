import 'dart:typed_data';

abstract class PlatformFile {
  String get name;
  String? get path;
  Future<Uint8List> readAsBytes();
  Stream<Uint8List> readAsByteStream();
}

abstract final class FilePicker {
  static Future<PlatformFile?> pickFile({String? dialogTitle}) => throw 0;
}
