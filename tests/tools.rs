//! Other people's tools accept what erlrel writes, and refuse it when it is damaged, as erlrel's own check does.

mod containerd;
mod damage;
mod docker;
mod oci_image_tool;
mod own_check;
mod skopeo;
mod umoci;
