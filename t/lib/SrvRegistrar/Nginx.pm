package SrvRegistrar::Nginx;

# The nginx of a bench: those methods of SrvRegistrar that start and end it,
# have it read its configuration, and find its workers.

use strict;
use warnings;

use Carp qw(croak);
use Cwd qw(abs_path);

use SrvRegistrar::Process qw(listens program wait_until);


# Starts nginx; returns when it takes connections, and croaks with its log if
# it does not.

sub start_nginx
{
    my ($self) = @_;

    $self->with_sanitizers(sub {
        $self->{nginx} = SrvRegistrar::Process->start(
            command => [nginx_binary(), '-p', $self->{dir}, '-e',
                        $self->path('error.log'), '-c',
                        $self->path('nginx.conf')],
            output  => $self->path('nginx.out'),
            ready   => sub { listens($self->{address}, $self->{port}) },
        );
    });
}


sub nginx_binary
{
    # `make NGINX_SRC=` builds one.
    my $own = SrvRegistrar->BUILD . '/nginx/nginx';

    return $ENV{SRV_NGINX} // (-x $own ? $own : program('nginx'))
        // croak('no nginx');
}


# Checks the configuration as `nginx -t` does: (exit status, output).

sub check_configuration
{
    my ($self) = @_;

    $self->configure() if !-e $self->path('nginx.conf');

    my $output = $self->with_sanitizers(sub {
        return SrvRegistrar::run(nginx_binary(), '-t', '-p', $self->{dir},
            '-e', $self->path('check.log'), '-c', $self->path('nginx.conf'));
    });

    return ($? >> 8, $output);
}


# The line of nginx.conf that nginx's words name; '' where they name none.

sub line_named
{
    my ($self, $said) = @_;

    my $conf = $self->path('nginx.conf');
    my ($number) = $said =~ /\[(?:emerg|warn)\].* in \Q$conf\E:(\d+)/;

    return '' if !$number;
    return (split(/^/, $self->read('nginx.conf')))[$number - 1] // '';
}


# A sanitized module in an nginx that is not: the runtime has to come first,
# and what nginx itself leaves at exit is not ours.

sub with_sanitizers
{
    my ($self, $code) = @_;

    my @preload = $self->{preload} // ();

    local $ENV{LD_PRELOAD} = join(':', @preload);

    return $code->() if !SrvRegistrar->ASAN;

    chomp(my $runtime = `gcc -print-file-name=libasan.so`);

    my $log = 'log_path=' . $self->path('sanitizer');

    local $ENV{LD_PRELOAD} = join(':', abs_path($runtime), @preload);
    local $ENV{ASAN_OPTIONS} = "$log:detect_leaks=0";
    local $ENV{UBSAN_OPTIONS} = "$log:print_stacktrace=1";

    return $code->();
}


# Stops nginx alone: signal QUIT (graceful), TERM or KILL.

sub stop_nginx
{
    my ($self, $signal) = @_;

    my $nginx = $self->{nginx};
    my @workers = $self->workers();

    kill($signal // 'QUIT', $nginx->{pid});
    wait_until(sub { !$nginx->alive() }) or croak('nginx goes on');

    delete $self->{nginx};

    return if ($signal // '') ne 'KILL';

    # Workers outlive a master that was killed, and hold its port.
    kill('KILL', @workers);
    wait_until(sub { !listens($self->{address}, $self->{port}) })
        or croak('a worker goes on');
}


# Reads the configuration again; returns when workers of the new one serve
# (old ones may still finish).  False if nginx refused it.

sub reload
{
    my ($self) = @_;

    my %old = map { $_ => 1 } $self->workers();
    my $log = length($self->read('error.log'));

    kill('HUP', $self->{nginx}{pid});

    my $done = sub {
        return -1 if substr($self->read('error.log'), $log) =~ /\[emerg\]/;
        return grep({ !$old{$_} } $self->workers()) >= $self->{workers};
    };
    my $result;

    wait_until(sub { $result = $done->() }) or croak('no reload');

    return $result > 0;
}


# The same, and waits until the old workers have gone: for a while they still
# take connections.

sub reload_all
{
    my ($self) = @_;

    my %old = map { $_ => 1 } $self->workers();

    return $self->reload()
        && wait_until(sub { !grep { $old{$_} } $self->workers() });
}


# The pids of the workers, oldest first.

sub workers
{
    my ($self) = @_;

    my $master = $self->{nginx}{pid};

    open(my $children, '<', "/proc/$master/task/$master/children")
        or return ();

    my @pids = split(' ', <$children> // '');

    return grep { command_line($_) =~ /^nginx: worker/ } @pids;
}


sub command_line
{
    my ($pid) = @_;

    open(my $file, '<', "/proc/$pid/cmdline") or return '';
    local $/;

    return scalar(<$file>) // '';
}


1;
