import 'package:flutter/material.dart';

class XFile {
  XFile(String path);
}

class ShareResult {}

class ShareParams {
  ShareParams({String? text, String? title, String? subject, Rect? sharePositionOrigin, List<XFile>? files});
}

class SharePlus {
  static SharePlus get instance => throw 0;
  Future<ShareResult> share(ShareParams params) => throw 0;
}
