Pod::Spec.new do |s|
  s.pod_target_xcconfig = { 'DEFINES_MODULE' => 'YES'
end
