# The two frameworks are made by mobile/tool/libraries.sh ios.
Pod::Spec.new do |s|
  s.name             = 'edgelab_native'
  s.version          = '0.1.0'
  s.summary          = 'The engine and the offline run of edge-llm-lab for Flutter.'
  s.homepage         = 'https://example.com/edge-llm-lab'
  s.license          = { :type => 'MIT' }
  s.author           = 'edge-llm-lab'
  s.source           = { :path => '.' }
  s.source_files     = 'edgelab_native/Sources/edgelab_native/**/*.swift'
  s.vendored_frameworks = 'edgelab_native/Frameworks/edgelab_mobile.xcframework', 'edgelab_native/Frameworks/fllama.xcframework'
  s.dependency 'Flutter'
  s.platform = :ios, '17.0'
  s.pod_target_xcconfig = { 'DEFINES_MODULE' => 'YES', 'EXCLUDED_ARCHS[sdk=iphonesimulator*]' => 'i386 x86_64' }
  s.swift_version = '5.9'
end
