import 'dart:typed_data';
export 'dart:typed_data';

class MethodCall {
  const MethodCall(this.method, [this.arguments]);
  final String method;
  final dynamic arguments;
}

class PlatformException implements Exception {
  PlatformException({required this.code, this.message});
  final String code;
  final String? message;
}

class MethodChannel {
  const MethodChannel(this.name);
  final String name;
  Future<T?> invokeMethod<T>(String method, [dynamic arguments]) =>
      handler == null ? Future<T?>.value(null) : handler!(name, method, arguments).then((v) => v as T?);
  Future<Map<K, V>?> invokeMapMethod<K, V>(String method, [dynamic arguments]) async =>
      (await invokeMethod<Map<dynamic, dynamic>>(method, arguments))?.cast<K, V>();
  void setMethodCallHandler(Future<dynamic> Function(MethodCall call)? handler) {}
  static Future<dynamic> Function(String channel, String method, dynamic arguments)? handler;
}

abstract class AssetBundle {
  Future<ByteData> load(String key);
}

class _Bundle extends AssetBundle {
  @override
  Future<ByteData> load(String key) => throw UnimplementedError();
}

final AssetBundle rootBundle = _Bundle();

abstract class AssetManifest {
  static Future<AssetManifest> loadFromAssetBundle(AssetBundle bundle) => throw UnimplementedError();
  List<String> listAssets();
}
