package dev.edgelab.lab

import android.app.Service
import android.content.Intent
import android.os.Handler
import android.os.IBinder
import android.os.Looper
import android.os.Message
import android.os.Messenger
import android.os.ParcelFileDescriptor
import android.os.Process
import android.os.RemoteException

/**
 * The executor's process. It is handed one end of a socket, serves the executor protocol on it (mobile/native/src/serve.c), and
 * ends the process when the other end closes: the next executor finds nothing that this one left behind.
 */
class EngineService : Service() {

    private val messenger = Messenger(object : Handler(Looper.getMainLooper()) {
        override fun handleMessage(message: Message) {
            if (message.what == MESSAGE_SERVE) accept(message) else super.handleMessage(message)
        }
    })

    override fun onBind(intent: Intent): IBinder = messenger.binder

    private fun accept(message: Message) {
        val data = message.data
        data.classLoader = ParcelFileDescriptor::class.java.classLoader
        @Suppress("DEPRECATION") // the call with a class came with Android 13
        val socket = data.getParcelable<ParcelFileDescriptor>(KEY_SOCKET) ?: return
        val client = message.replyTo
        tell(client, Message.obtain(null, MESSAGE_PROCESS, Process.myPid(), 0))
        val descriptor = socket.detachFd()
        Thread({
            val reason = serve(descriptor)
            if (reason != null) {
                val said = Message.obtain(null, MESSAGE_LOST)
                said.data.putString(KEY_REASON, reason)
                tell(client, said)
            }
            Process.killProcess(Process.myPid())
        }, "serve").start()
    }

    // Whoever is gone needs no telling.
    private fun tell(client: Messenger?, message: Message) {
        try {
            client?.send(message)
        } catch (gone: RemoteException) {
            return
        }
    }

    /** Blocks until the other end has closed. Null, or why the executor takes no more messages. */
    private external fun serve(descriptor: Int): String?

    companion object {
        /** To the service: the socket is in the data. */
        const val MESSAGE_SERVE = 1

        /** From the service: arg1 is its process. */
        const val MESSAGE_PROCESS = 2

        /** From the service: the executor is lost, the reason is in the data. */
        const val MESSAGE_LOST = 3

        const val KEY_SOCKET = "socket"
        const val KEY_REASON = "reason"

        init {
            System.loadLibrary("edgelab_mobile")
        }
    }
}
