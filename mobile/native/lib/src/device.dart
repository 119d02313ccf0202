import 'dart:async';

import 'package:flutter/services.dart';

/// Heat as both systems tell it: coolest first.
enum Thermal { nominal, fair, serious, critical }

/// What changes while a run goes on. Null is what this phone does not tell.
class DeviceState {
  const DeviceState({
    required this.thermal,
    this.headroom,
    this.batteryPercent,
    this.charging,
    this.batteryCelsius,
    this.clockShare,
  });

  factory DeviceState.fromMap(Map<Object?, Object?> map) {
    return DeviceState(
      thermal: Thermal.values.asNameMap()[map['thermal']],
      headroom: (map['headroom'] as num?)?.toDouble(),
      batteryPercent: map['battery_percent'] as int?,
      charging: map['charging'] as bool?,
      batteryCelsius: (map['battery_c'] as num?)?.toDouble(),
      clockShare: (map['clock_share'] as num?)?.toDouble(),
    );
  }

  /// What [toFacts] has kept.
  factory DeviceState.fromFacts(Map<String, dynamic> facts) {
    return DeviceState(
      thermal: Thermal.values.asNameMap()[facts['thermal']],
      batteryPercent: facts['battery_percent'] as int?,
      charging: facts['charging'] as bool?,
      batteryCelsius: (facts['temperature_c'] as num?)?.toDouble(),
      clockShare: (facts['clock_share'] as num?)?.toDouble(),
    );
  }

  final Thermal? thermal;

  /// Share of the way to severe throttling, 1 being there (Android 11 and later).
  final double? headroom;
  final int? batteryPercent;
  final bool? charging;
  final double? batteryCelsius;

  /// The fastest core's present limit by its highest frequency: below 1 the system slows it down.
  final double? clockShare;

  /// The names of docs/FLEET.md, for what is known.
  Map<String, Object> toFacts() {
    return <String, Object>{
      if (thermal != null) 'thermal': thermal!.name,
      if (batteryPercent != null) 'battery_percent': batteryPercent!,
      if (charging != null) 'charging': charging!,
      if (batteryCelsius != null) 'temperature_c': batteryCelsius!,
      if (clockShare != null) 'clock_share': clockShare!,
    };
  }
}

/// What does not change.
class DeviceFacts {
  const DeviceFacts({required this.os, required this.model, required this.cores, required this.fastCores, this.memoryBytes});

  factory DeviceFacts.fromMap(Map<Object?, Object?> map) {
    return DeviceFacts(
      os: map['os'] as String,
      model: map['model'] as String,
      cores: map['cores'] as int,
      fastCores: map['fast_cores'] as int,
      memoryBytes: map['memory_bytes'] as int?,
    );
  }

  final String os;
  final String model;
  final int cores;

  /// Cores that are about as fast as the fastest: what `threads` is where no round sets it.
  final int fastCores;
  final int? memoryBytes;
}

/// The phone, by a platform channel (LabPlugin.kt, LabPlugin.swift).
class Device {
  static const MethodChannel _channel = MethodChannel('dev.edgelab.lab/device');
  static final StreamController<void> _memoryWarnings = StreamController<void>.broadcast();

  /// The system is short of memory and may end the app next.
  static Stream<void> get memoryWarnings {
    _channel.setMethodCallHandler(_heard);
    return _memoryWarnings.stream;
  }

  static Future<void> _heard(MethodCall call) async {
    if (call.method == 'memoryWarning') _memoryWarnings.add(null);
  }

  static Future<DeviceState> state() async {
    return DeviceState.fromMap(await _channel.invokeMapMethod<Object?, Object?>('state') ?? const <Object?, Object?>{});
  }

  static Future<DeviceFacts> facts() async {
    return DeviceFacts.fromMap(await _channel.invokeMapMethod<Object?, Object?>('facts') ?? const <Object?, Object?>{});
  }
}
