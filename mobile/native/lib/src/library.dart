import 'dart:convert';
import 'dart:ffi';
import 'dart:io';
import 'dart:typed_data';

import 'package:ffi/ffi.dart';

import 'bindings.dart';
import 'failure.dart';

const int statusOk = 0;
const int statusEnded = 3;

/// The library of this isolate, loaded when it is first asked for.
final Bindings bindings = _load();

/// The version of the laboratory, such as "0.1.0".
String get labVersion => bindings.version().toDartString();

Bindings _load() {
  final library = Platform.isAndroid
      ? DynamicLibrary.open('libedgelab_mobile.so')
      : DynamicLibrary.open('edgelab_mobile.framework/edgelab_mobile');
  final loaded = Bindings(library);
  final found = loaded.abi();
  if (found != abiVersion) {
    throw LabFailure('the library has version $found of its interface, the app was made for $abiVersion: build both anew');
  }
  return loaded;
}

/// Takes over a text that a call handed out; null where there is none. Bytes that are no UTF-8 become U+FFFD.
String? takeText(TextOut out) {
  final bytes = takeBytes(out);
  return bytes == null ? null : utf8.decode(bytes, allowMalformed: true);
}

/// The same as bytes, without its zero byte.
Uint8List? takeBytes(TextOut out) {
  final text = out.value;
  if (text == nullptr) return null;
  final copy = Uint8List.fromList(text.cast<Uint8>().asTypedList(text.length));
  bindings.free(text);
  out.value = nullptr;
  return copy;
}

/// Makes a call with a place for its error, and throws that where the call did not go well.
void checked(int Function(TextOut error) function) {
  final status = tryCall(function);
  if (status.code != statusOk) throw LabFailure(status.error);
}

/// What a call returned, with its error.
class CallStatus {
  const CallStatus(this.code, this.error);

  final int code;
  final String error;
}

CallStatus tryCall(int Function(TextOut error) function) {
  final error = calloc<Pointer<Utf8>>();
  try {
    final code = function(error);
    return CallStatus(code, takeText(error) ?? (code == statusOk ? '' : 'status $code, and no memory for a reason'));
  } finally {
    calloc.free(error);
  }
}

/// Runs `work` with native copies of texts, which are freed when it returns. A null stays a null pointer.
T withTexts<T>(List<String?> texts, T Function(List<Text>) work) {
  return using((Arena arena) {
    return work([for (final text in texts) text == null ? nullptr : text.toNativeUtf8(allocator: arena)]);
  });
}

/// Runs `work` with a native copy of bytes and a zero byte after them.
T withBytes<T>(Uint8List bytes, T Function(Text, int) work) {
  return using((Arena arena) {
    final copy = arena<Uint8>(bytes.length + 1);
    final view = copy.asTypedList(bytes.length + 1);
    view.setAll(0, bytes);
    view[bytes.length] = 0;
    return work(copy.cast<Utf8>(), bytes.length);
  });
}
