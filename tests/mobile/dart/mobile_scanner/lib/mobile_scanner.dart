import 'package:flutter/material.dart';

class Barcode {
  String? get rawValue => null;
}

class BarcodeCapture {
  List<Barcode> get barcodes => const <Barcode>[];
}

class MobileScanner extends StatefulWidget {
  const MobileScanner({super.key, void Function(BarcodeCapture barcodes)? onDetect});
  @override
  State<MobileScanner> createState() => throw 0;
}
