#!/usr/bin/perl

# A door serves the request that its client sent and no other: however nginx
# is told to make another one of it, what is not signed or not verified changes
# nothing, and what a signed request stands for is done once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

# An end of the way in each: the records door, by every road that nginx has.
$t->configure(server => <<'END_SERVER');
location = /rewrite { rewrite ^ /v1/records last; }
location = /rewrite-break { rewrite ^ /v1/records break; srv_registrar records; }
location = /rewrite-query { rewrite ^ /v1/records?a=b last; }
location = /try-files { try_files /none /v1/records; }
location = /try-door { try_files /none @door; }
location = /try-here { try_files /none =404; srv_registrar records; }
location = /error-page { error_page 404 = /v1/records; return 404; }
location = /error-door { error_page 403 = @door; deny all; }
location = /error-method { error_page 405 =200 /v1/records; return 405; }
location = /index/ { index records; }
location = /mirror { mirror /v1/records; mirror_request_body on; return 200; }
location = /mirror-file { mirror /v1/records; root %%DIR%%; try_files /page.html =404; }
location = /auth { auth_request /v1/records; return 200; }
location = /auth-file { auth_request /v1/records; root %%DIR%%; try_files /page.html =404; }
location = /auth-door { auth_request /v1/records; srv_registrar records; }
location = /page.html { root %%DIR%%; ssi on; }
location = /added.html { root %%DIR%%; add_after_body /v1/records;
    add_before_body /v1/enroll; }
location = /static.html { root %%DIR%%; }
location = /satisfy { satisfy any; allow all; srv_registrar records; }
location = /satisfy-deny { satisfy any; deny all; auth_request /yes;
    srv_registrar records; }
location = /denied { deny all; srv_registrar records; }
location = /yes { internal; return 204; }
location = /limit { limit_except GET { deny all; } srv_registrar records; }
location = /limit-allow { limit_except GET { allow all; }
    srv_registrar records; }
location = /limit-outside { limit_except PUT PATCH DELETE { deny all; }
    srv_registrar records; }
location = /if { if ($request_method = PUT) { set $x 1; }
    srv_registrar records; }
location = /if-inside { if ($arg_a) { set $x 1; } srv_registrar records; }
location = /internal { internal; srv_registrar records; }
location = /return { srv_registrar records; return 200; }
location = /proxied { proxy_pass https://%%ADDRESS%%:%%PORT%%/v1/records;
    proxy_set_header Host $http_host; proxy_method PUT; }
location = /accel { proxy_pass https://%%ADDRESS%%:%%PORT%%/sends-accel; }
location = /sends-accel { add_header X-Accel-Redirect /v1/records always;
    return 200; }
location @door { srv_registrar records; }
END_SERVER

my $page = '<!--#include virtual="/v1/records" -->'
    . '<!--#include virtual="/v1/enroll" -->end';

$t->write($_, $page) for qw(page.html added.html static.html);
chmod(0755, $t->path('.'));
$t->start();

my $device = $t->device('device');

is(outcome($device->enroll()), '201', 'enrolled');
is(outcome($device->register(15269)), '200', 'registered');

my @roads = qw(/rewrite /rewrite-break /rewrite-query /try-files /try-door
    /try-here /error-page /error-door /error-method /index/ /mirror
    /mirror-file /auth /auth-file /auth-door /page.html /added.html
    /static.html /satisfy /satisfy-deny /denied /limit /limit-allow
    /limit-outside /if /if-inside?a=1 /internal /return /proxied /accel
    /v1/records @door);
my $json = '{"services":[{"service":"_xmpp-client._tcp","port":5222}]}';


# What the store has of the device: all that a reply shows, but the clock's.

sub registration
{
    my $show = $device->show()->{json};

    return join(' ', map { join(' ', $_->{name}, $_->{type}, @{ $_->{data} },
        $_->{expires_at}) } @{ $show->{records} });
}


my $before = registration();

like($before, qr/ 15269 /, 'what there is');

# Without a signature; and with one of another request, which is the device's
# own and would be right at the end of the road.

my %refused;

for my $method (qw(PUT PATCH DELETE GET POST OPTIONS)) {
    for my $road (@roads) {
        my $content = $method =~ /^P/ ? $json : undef;
        my $plain = $t->request($method, $road, body => $content);

        $refused{"$method $road"} = outcome($plain)
            if ($plain->{body} // '') =~ /"fqdn"|"key"/;

        # an enrolment by the way, too
        next if $method ne 'GET' && $method ne 'POST';
        $plain = $t->request($method, $road, body => $content,
            cert => 'device');
        $refused{"$method $road, certified"} = outcome($plain)
            if ($plain->{body} // '') =~ /"fqdn"|"key"/;
    }
}

is_deeply(\%refused, {}, 'no road leads to a device without a signature');
is(registration(), $before, '... nothing was changed');

# A signature of what would be asked for at the end.

my %changed;

for my $method (qw(PUT PATCH DELETE)) {
    for my $road (grep { m{^/(?!v1/|proxied)} } @roads) {
        my $content = $method =~ /^P/ ? $json : undef;
        my $reply = $device->signed($method, $road, $content,
            sign => { values => { '@path' => '/v1/records' },
                      created => time() });

        $changed{"$method $road"} = outcome($reply)
            if ($reply->{body} // '') =~ /"fqdn"|"key"/;
    }
}

is_deeply(\%changed, {}, 'nor with one of the door\'s own path');
is(registration(), $before, '... nothing was changed');

# Signed for the road itself: not done by what nginx makes of the request, be
# that a child, or the same path in another location.

for my $road (grep { /mirror|auth|page|added|error|try|rewrite/ } @roads) {
    my $reply = $device->signed('PUT', $road, $json,
        sign => { created => time() });

    $changed{$road} = outcome($reply) if ($reply->{body} // '') =~ /"fqdn"/;
}

is_deeply(\%changed, {}, 'nor by a subrequest or a redirect of a signed one');
is(registration(), $before, '... nothing was changed');

# What an operator forbids is forbidden to the best signature, too.

for my $road (qw(/denied /limit)) {
    is(outcome($device->signed('PUT', $road, $json)), '403', "$road: denied");
}

# What limit_except takes away is served as files are: by nobody here.

isnt(outcome($device->signed($_, '/limit-allow', $json)), '200',
   "/limit-allow: $_ has no door") for qw(PUT PATCH DELETE);
isnt(outcome($device->signed('GET', '/limit-outside', undef)), '200',
   '/limit-outside: GET has none');
is(outcome($device->signed('GET', '/limit-allow', undef)), '200',
   '/limit-allow: GET has one');

is(outcome($device->signed('PUT', '/internal', $json)), '404',
   'an internal location');
is(registration(), $before, '... nothing was changed');

# And where nothing stands in between, the door is open.

is(outcome($device->signed('PUT', $_, $json)), '200', "$_: signed for it")
    for qw(/satisfy /satisfy-deny /limit-outside);

isnt(registration(), $before, 'now there is a change');
is(outcome($device->register(15269)), '200', 'and back');

done_testing();
