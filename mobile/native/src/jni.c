/* edgelab_mobile_serve for Kotlin: dev.edgelab.lab.EngineService.serve(Int): String? */
#include <jni.h>
#include <stddef.h>

#include "mobile.h"

JNIEXPORT jstring JNICALL Java_dev_edgelab_lab_EngineService_serve(JNIEnv *env, jobject service, jint descriptor) {
  char *const reason = edgelab_mobile_serve(descriptor);
  jstring text = NULL;
  (void)service;
  if (reason != NULL) text = (*env)->NewStringUTF(env, reason);
  edgelab_free(reason);
  return text;
}
