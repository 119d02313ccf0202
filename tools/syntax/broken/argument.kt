class Engine {
    fun start(number: Int {
        println(number)
    }
}
