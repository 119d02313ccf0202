import 'dart:io';

Future<Directory> getApplicationSupportDirectory() => throw 0;
Future<Directory> getApplicationDocumentsDirectory() => throw 0;
