#pragma once

#include <utility>

#include "openstack/cinder.h"
#include "openstack/cloud_config.h"
#include "openstack/glance.h"
#include "openstack/neutron.h"
#include "openstack/nova.h"
#include "openstack/session.h"

namespace mex::cluster {

// One project of one cloud, as the engine uses it. Thread-safe.
struct Cloud {
  explicit Cloud(openstack::CloudConfig config, openstack::Session::Options options = {})
      : session(std::move(config), options),
        neutron(session),
        nova(session),
        glance(session),
        cinder(session) {}

  openstack::Session session;
  openstack::Neutron neutron;
  openstack::Nova nova;
  openstack::Glance glance;
  openstack::Cinder cinder;
};

}  // namespace mex::cluster
