import Glibc

public enum ProcessorCount {
    /// The processors that are running now; at least 1.
    public static var online: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
