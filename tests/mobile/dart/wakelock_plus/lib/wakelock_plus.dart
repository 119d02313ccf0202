class WakelockPlus {
  static Future<void> enable() async {}
  static Future<void> disable() async {}
}
